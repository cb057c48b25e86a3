"""The config of a gateway for pets, for tests that start one."""

DOCUMENT = (
    'openapi: 3.1.0\ninfo: {title: Pets, version: "1"}\npaths: {/pets: {get: {operationId: listPets, responses: {}}}}\n'
)
CONFIG = """
openapi: ./openapi.yaml
upstream: {url: http://127.0.0.1:9}
allow: [listPets]
listen: 127.0.0.1:0
admin: 127.0.0.1:0
log: {level: error}
public: {url: http://localhost:8080}
"""
