from plugin_gateway.openapi.document import Document, OperationKey
from plugin_gateway.shape.describe.shaping import Shaping
from plugin_gateway.shape.settings import OperationSettings


def test_shaping_begins_without_a_shape_and_without_findings() -> None:
    document = Document(root={}, name="pets")
    shaping = Shaping(key=OperationKey("GET", "/pets"), node={}, document=document, settings=OperationSettings())
    assert (shaping.shape.parameters, shaping.shape.body, shaping.findings) == (None, None, [])
