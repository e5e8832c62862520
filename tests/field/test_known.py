from typing import Any

import httpx2
import pytest

from nearhand.client import Client, Refusal
from nearhand.field.client import FieldClient
from nearhand.field.known import Known, Refused
from nearhand.labels.model import LabelDoubt
from tests.field.scene import resolved

SIGNED = "HTTPS://HELP.EXAMPLE/D/7K3M9QXA-0ABCDEFGHJK"


class Answering(Client):
    """Answers everything with one answer, and keeps what was asked."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__("http://nearhand.example", "t")
        self.asked: list[str] = []

        def answer(request: httpx2.Request) -> httpx2.Response:
            self.asked.append(str(request.url).partition("/api/v1")[2])
            return httpx2.Response(status, json=body)

        self._http = httpx2.AsyncClient(
            base_url="http://nearhand.example/api/v1", transport=httpx2.MockTransport(answer)
        )


async def test_of_a_signed_label_the_whole_text_is_asked_about_and_of_another_only_its_code() -> None:
    client = Answering(200, resolved().model_dump(mode="json"))
    await client.label(SIGNED)
    await client.label("HTTPS://HELP.EXAMPLE/D/7K3M9QXA")
    await client.label("7K3M9QXA-0ABCDEFGHJK")
    text = "HTTPS%3A%2F%2FHELP.EXAMPLE%2FD%2F7K3M9QXA-0ABCDEFGHJK"
    assert client.asked == [
        f"/labels/7K3M9QXA-0ABCDEFGHJK?text={text}",
        "/labels/7K3M9QXA",
        "/labels/7K3M9QXA-0ABCDEFGHJK",
    ]


async def test_a_label_the_service_refuses_is_settled_and_leads_nowhere() -> None:
    client = Answering(422, {"code": "label_refused", "title": "No", "detail": "Its signature is wrong."})
    known = Known(client)
    found = await known.look_up(SIGNED)
    assert found == Refused(SIGNED, "7K3M9QXA-0ABCDEFGHJK", "Its signature is wrong.")
    assert (known.label(SIGNED), known.resolved, known.is_due(SIGNED)) == (None, [], False)
    with pytest.raises(Refusal):
        await Known(Answering(422, {"code": "foreign_label", "title": "No"})).look_up(SIGNED)


@pytest.mark.parametrize(
    ("doubt", "banner"),
    [
        (None, ""),
        (LabelDoubt.UNSIGNED, "This label is not signed: print a new one"),
        (LabelDoubt.SIGNATURE_WRONG, "This label may not have been printed by this service"),
    ],
)
def test_a_doubtful_label_is_told_beside_its_device(doubt: LabelDoubt | None, banner: str) -> None:
    told: list[tuple[str, Any]] = []
    field = FieldClient(frames=iter(()), tell=lambda kind, **facts: told.append((kind, facts.get("doubt"))))
    field._tell_finding(resolved().model_copy(update={"doubt": doubt}))
    assert field._banner[0] == banner
    expected = [("device", None)] if doubt is None else [("doubtful_label", doubt), ("device", None)]
    assert told == expected
