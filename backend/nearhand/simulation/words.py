"""What the robots say, in each language of the demo."""

from functools import cache
from string import Template

from opencc import OpenCC

from nearhand.sessions.model import Shape

LANGUAGE = "en"

WORDS: dict[str, dict[str, str]] = {
    "problem": {
        "en": "Port 37 shows errors",
        "zh-Hant": "37 埠出現錯誤",
        "zh-Hans": "37 端口出现错误",
    },
    "greet": {
        "en": "Hello. I am at the rack; you see what my camera sees. Port 37 counts errors. Show me what to do.",
        "zh-Hant": "您好，我在機櫃前，您看到的就是我的鏡頭畫面。37 埠有錯誤，請告訴我該怎麼做。",
        "zh-Hans": "您好，我在机柜前，您看到的就是我的镜头画面。37 端口有错误，请告诉我该怎么做。",
    },
    "see_mark": {
        "en": "I see your $shape on port $port.",
        "zh-Hant": "我看到您在 $port 埠畫的$shape。",
        "zh-Hans": "我看到您在 $port 端口画的$shape。",
    },
    "see_words": {
        "en": "I see your words “$text” beside port $port.",
        "zh-Hant": "我看到 $port 埠旁的「$text」。",
        "zh-Hans": "我看到 $port 端口旁的“$text”。",
    },
    "see_on_still": {
        "en": "I see your $shape on the picture. It cannot follow the device, so tell me which one it is.",
        "zh-Hant": "我在照片上看到您畫的$shape。它無法跟著設備移動，請告訴我是哪一台。",
        "zh-Hans": "我在照片上看到您画的$shape。它无法跟随设备移动，请告诉我是哪一台。",
    },
    "heard": {
        "en": "Understood. Ring the part you mean and I will look at it.",
        "zh-Hant": "了解。請圈出您說的部位，我會去看。",
        "zh-Hans": "明白。请圈出您说的部位，我会去看。",
    },
    "stop": {"en": "Stopped. Hands off.", "zh-Hant": "已停手。", "zh-Hans": "已停手。"},
    "wait": {"en": "Waiting.", "zh-Hant": "等候中。", "zh-Hans": "等候中。"},
    "go": {"en": "Going ahead.", "zh-Hant": "開始進行。", "zh-Hans": "开始进行。"},
    "pull": {
        "en": "Pulling the marked one.",
        "zh-Hant": "正在拔出標示的那個。",
        "zh-Hans": "正在拔出标示的那个。",
    },
    "which": {
        "en": "Port 37: top row, between 35 and 39.",
        "zh-Hant": "37 埠：上排，35 與 39 之間。",
        "zh-Hans": "37 端口：上排，35 与 39 之间。",
    },
    "guide_on": {
        "en": "Hello, I am a simulated expert. I put marks where the guide “$title” says; press Done when a step is done.",
        "zh-Hant": "您好，我是模擬專家。我會依「$title」標出位置；完成一步請按「完成」。",
        "zh-Hans": "您好，我是模拟专家。我会按“$title”标出位置；完成一步请按“完成”。",
    },
    "no_device": {
        "en": "Hello, I am a simulated expert. Point your camera at the label on the device.",
        "zh-Hant": "您好，我是模擬專家。請將鏡頭對準設備上的標籤。",
        "zh-Hans": "您好，我是模拟专家。请将镜头对准设备上的标签。",
    },
    "no_guide": {
        "en": "There is no guide for this device. I watch; an expert at the console can take over.",
        "zh-Hant": "這台設備沒有作業指引。我會在旁看著，控制台的專家可以接手。",
        "zh-Hans": "这台设备没有作业指引。我会在旁看着，控制台的专家可以接手。",
    },
    "step": {"en": "Step $number: $text", "zh-Hant": "步驟 $number：$text", "zh-Hans": "步骤 $number：$text"},
    "all_done": {
        "en": "That was the last step. Well done.",
        "zh-Hant": "這是最後一步，辛苦了。",
        "zh-Hans": "这是最后一步，辛苦了。",
    },
    "hand_over": {
        "en": "A real expert is here: I leave you to them.",
        "zh-Hant": "真正的專家來了，交給他們。",
        "zh-Hans": "真正的专家来了，交给他们。",
    },
}

SHAPES: dict[Shape, dict[str, str]] = {
    Shape.RING: {"en": "ring", "zh-Hant": "圓圈", "zh-Hans": "圆圈"},
    Shape.ARROW: {"en": "arrow", "zh-Hant": "箭頭", "zh-Hans": "箭头"},
    Shape.FREEHAND: {"en": "drawing", "zh-Hant": "圖", "zh-Hans": "图"},
    Shape.TEXT: {"en": "words", "zh-Hant": "文字", "zh-Hans": "文字"},
    Shape.LABEL_3D: {"en": "label", "zh-Hant": "標籤", "zh-Hans": "标签"},
    Shape.PORT: {"en": "mark", "zh-Hant": "標示", "zh-Hans": "标示"},
}


def words(key: str, language: str, **values: str) -> str:
    return Template(WORDS[key][language]).substitute(values)


def language_of(text: str, otherwise: str) -> str:
    """The language somebody writes: Han characters tell, plain letters only when there are enough of them."""
    if any("\u3400" <= character <= "\u9fff" for character in text):
        return (
            "zh-Hans"
            if _converter("t2s").convert(text) == text and _converter("s2t").convert(text) != text
            else "zh-Hant"
        )
    return (
        LANGUAGE if sum(character.isascii() and character.isalpha() for character in text) > 2 else otherwise
    )


@cache
def _converter(way: str) -> OpenCC:
    return OpenCC(way)
