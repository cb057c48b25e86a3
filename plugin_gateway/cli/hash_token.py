"""`hash-token`: prints a line for the users file."""

from __future__ import annotations

import secrets

import click

NEW_TOKEN_BYTES = 32


@click.command()
@click.argument("name")
@click.option(
    "--password", is_flag=True, help="Hash a password that a person chose, with a slow hash; for `basic` only."
)
@click.option("--new", is_flag=True, help="Generate a random token, and print it to standard error.")
def command(name: str, password: bool, new: bool) -> None:
    """Print NAME's line for the users file of `auth: {type: user_http}`.

    The command prompts for the token or password, or reads it from standard input. It takes no secret as an argument: every
    process on the machine could read that.
    """
    from plugin_gateway.callers.users import hash_password, hash_token, read_users

    if password and new:
        raise click.UsageError("--new and --password exclude each other: --new generates a token.")
    if new:
        secret = secrets.token_urlsafe(NEW_TOKEN_BYTES)
        click.echo(f"token: {secret}", err=True)
    else:
        secret = click.prompt("Password" if password else "Token", hide_input=True, err=True)
    line = f"{name}:{hash_password(secret) if password else hash_token(secret)}"
    _, findings = read_users(line, scheme="basic")
    if findings:
        raise click.UsageError(f"`{name}` is not a valid user name: it must not contain `:` or white space.")
    click.echo(line)
