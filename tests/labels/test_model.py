import pytest

from nearhand.labels.model import ForeignLabel, code_of, label_address, scanned


@pytest.mark.parametrize(
    "text",
    [
        "HTTPS://HELP.EXAMPLE/D/7K3M9QXA",
        "https://help.example/d/7k3m9qxa",
        "http://another.example:8000/D/7K3M9QXA/",
        "https://help.example/field/d/7K3M9QXA?from=camera",
        "7k3m9qxa",
        "  7K3M9QXA\n",
    ],
)
def test_a_label_is_known_by_its_code_whatever_the_address_was(text: str) -> None:
    assert code_of(text) == "7K3M9QXA"


def test_letters_that_look_like_digits_are_read_as_digits() -> None:
    assert code_of("7k3m9qxo") == "7K3M9QX0"
    assert code_of("iLk3m9qx") == "11K3M9QX"


@pytest.mark.parametrize(
    "text",
    [
        "https://www.example.com/",
        "https://evil.example/d/short",
        "WIFI:S:guest;T:WPA;P:secret;;",
        "",
        "7K3M9QXU",
        "javascript:alert(1)/d/7K3M9QXA",
        "/d/7K3M9QXA",
        "七七七七七七七七",
    ],
)
def test_what_is_no_label_of_ours_is_foreign(text: str) -> None:
    with pytest.raises(ForeignLabel):
        code_of(text)


def test_a_signature_is_read_with_the_address_it_stands_in() -> None:
    read = scanned("https://help.example/d/7k3m9qxo-0ilk")
    assert (read.code, read.signature) == ("7K3M9QX0", "011K")
    assert read.address == "https://help.example/d/7K3M9QX0"
    assert scanned("7K3M9QXA-").signature == ""
    assert scanned("7k3m9qxa-0ab").address is scanned("7K3M9QXA").signature is None


@pytest.mark.parametrize(
    "text",
    [
        "HTTPS://HELP.EXAMPLE/D/7K3M9QXA-0ABCDEFGHJK-0",
        "HTTPS://HELP.EXAMPLE/D/7K3M9QXA_0ABCDEFGHJK",
        "7K3M9QXA-0ABCDEFGHJK/",
        "7K3M9QXA-\u212a",  # the sign for Kelvin, which is a k where case is ignored
        "HTTPS://HELP.EXAMPLE/D/7K3M9QXA-" + "0" * 2000,
        "HTTPS://HELP.EXAMPLE" + "/D/7K3M9QXA" * 200,
        "A" * 2000,
    ],
)
def test_what_is_signed_oddly_or_too_long_is_foreign(text: str) -> None:
    with pytest.raises(ForeignLabel):
        scanned(text)


def test_only_what_capitals_do_not_change_is_capitalised() -> None:
    assert label_address("https://help.example", "7K3M9QXA") == "HTTPS://HELP.EXAMPLE/D/7K3M9QXA"
    assert label_address("https://help.example/near/", "7K3M9QXA") == "https://help.example/near/D/7K3M9QXA"
