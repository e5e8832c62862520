from pathlib import Path

import pytest
import trustme

from nearhand.access.model import NewUser, Role, everywhere
from nearhand.app import Resources, create_app
from nearhand.client import Client, Unreachable
from tests.support.people import PASSWORD
from tests.support.server import served


async def test_a_server_with_its_own_authority_is_trusted_when_told_so(
    resources: Resources, tmp_path: Path
) -> None:
    authority, certificate = tmp_path / "authority.pem", tmp_path / "server.pem"
    ours = trustme.CA()
    ours.cert_pem.write_to_path(str(authority))
    ours.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(certificate))
    with served(create_app(resources.settings, resources), certificate=certificate) as url:
        new = NewUser(name="expert", display_name="Expert", grants=everywhere(Role.EXPERT), password=PASSWORD)
        await resources.access.register(new)
        async with await Client.sign_in(url, "expert", PASSWORD, verify=authority) as client:
            session = await client.open_session(subject="Over TLS")
            async with client.live(session.id) as live:
                await live.saved(await live.say("heard"))
        with pytest.raises(Unreachable, match=r"(?i)certificate"):
            await Client.sign_in(url, "expert", PASSWORD)
