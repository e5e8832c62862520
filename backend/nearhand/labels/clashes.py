"""Find the tags that stand twice in one rack: a moved device brings its own along."""

from collections import defaultdict
from collections.abc import Iterable

from nearhand.devices.model import FaceSide, Finding, RackedDevice
from nearhand.labels.model import Label, TagBearer, TagClash

TAG_CLASH = "tag_clash"


def tag_clashes(standing: Iterable[RackedDevice], labels: Iterable[Label]) -> list[TagClash]:
    """Each tag that several faces of a rack bear. `labels` are newest first; older ones of a face are replaced."""
    devices = {one.device_id: one for one in standing}
    bearers: dict[tuple[str, str, int], list[TagBearer]] = defaultdict(list)
    seen: set[tuple[str, FaceSide]] = set()
    for label in labels:
        device = devices.get(label.device_id)
        if device is None or (label.device_id, label.face) in seen:
            continue
        seen.add((label.device_id, label.face))
        bearer = TagBearer(
            device_id=label.device_id, asset_tag=device.asset_tag, face=label.face, code=label.code
        )
        for tag in label.tags:
            bearers[device.rack_id, tag.dictionary, tag.id].append(bearer)
    return [
        TagClash(rack_id=rack_id, dictionary=dictionary, tag_id=tag_id, bearers=tuple(some))
        for (rack_id, dictionary, tag_id), some in sorted(bearers.items())
        if len(some) > 1
    ]


def finding_of(clash: TagClash, device_id: str) -> Finding:
    """The clash in words, for one of those who bear the tag."""
    own = next(bearer for bearer in clash.bearers if bearer.device_id == device_id)
    others = ", ".join(b.asset_tag for b in clash.bearers if b is not own)
    return Finding(
        code=TAG_CLASH,
        device_id=device_id,
        message=f"{own.asset_tag} bears tag {clash.tag_id}, and so does {others} in the same rack. "
        "Make a new label for it.",
    )
