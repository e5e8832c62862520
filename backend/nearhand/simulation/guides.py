"""The demo's guides, in three languages."""

from nearhand.devices.model import FaceSide
from nearhand.manuals.model import LocalText, NewGuide, Step, Subject

OPTIC_PORT = "37"


def _say(en: str, hant: str, hans: str) -> LocalText:
    return {"en": en, "zh-Hant": hant, "zh-Hans": hans}


def replace_optic(device_type_id: str, picture_sha256: str) -> NewGuide:
    port = (OPTIC_PORT,)
    return NewGuide(
        subject=Subject(device_type_id=device_type_id),
        title=_say("Replace the optic in port 37", "更換 37 埠的光模組", "更换 37 端口的光模块"),
        steps=(
            Step(
                text=_say(
                    "Put on the wrist strap and clip it to the rack's grounding point.",
                    "戴上防靜電手環，並夾在機櫃的接地點。",
                    "戴上防静电手环，并夹在机柜的接地点。",
                ),
                proof=_say("The strap's tester shows green.", "手環測試器亮綠燈。", "手环测试仪亮绿灯。"),
            ),
            Step(
                text=_say(
                    "Find port 37: top row, column 19 from the left, above port 38. Its LED blinks amber.",
                    "找到 37 埠：上排由左數第 19 個，位於 38 埠上方，指示燈閃琥珀色。",
                    "找到 37 端口：上排从左数第 19 个，位于 38 端口上方，指示灯闪琥珀色。",
                ),
                proof=_say(
                    "The ring on your screen sits on the port you touch.",
                    "畫面上的圓圈就在你碰到的埠上。",
                    "屏幕上的圆圈就在你碰到的端口上。",
                ),
                ports=port,
                picture_sha256=picture_sha256,
            ),
            Step(
                text=_say(
                    "Ask for GO. The expert drains the traffic and shuts the port.",
                    "等專家給出「繼續」：專家會先移走流量並關閉此埠。",
                    "等专家给出“继续”：专家会先移走流量并关闭此端口。",
                ),
                caution=_say(
                    "Do not unplug anything before you see GO.",
                    "看到「繼續」之前，不要拔任何東西。",
                    "看到“继续”之前，不要拔任何东西。",
                ),
                proof=_say("The LED of port 37 is dark.", "37 埠的指示燈熄滅。", "37 端口的指示灯熄灭。"),
                ports=port,
            ),
            Step(
                text=_say(
                    "Squeeze the latch and pull the fibre out of the optic. Cap both connectors.",
                    "壓住卡榫，將光纖從光模組拔出，並替兩端接頭蓋上防塵蓋。",
                    "压住卡扣，将光纤从光模块拔出，并给两端接头盖上防尘帽。",
                ),
                caution=_say(
                    "Never look into the fibre or the port: the light is invisible and harms the eye.",
                    "切勿直視光纖或光口：光看不見，但會傷害眼睛。",
                    "切勿直视光纤或光口：光看不见，但会伤害眼睛。",
                ),
                proof=_say("Both connectors wear their caps.", "兩端接頭都已蓋上。", "两端接头都已盖上。"),
                ports=port,
            ),
            Step(
                text=_say(
                    "Swing the bail down and draw the old optic straight out. Its neighbours 35, 38 and 39 stay in.",
                    "將拉環向下扳，平直抽出舊光模組；旁邊的 35、38、39 埠不要動。",
                    "将拉环向下扳，平直抽出旧光模块；旁边的 35、38、39 端口不要动。",
                ),
                caution=_say(
                    "It may be hot; hold it by the bail.",
                    "模組可能很燙，請拿拉環。",
                    "模块可能很烫，请拿拉环。",
                ),
                proof=_say("The cage is empty.", "插槽是空的。", "插槽是空的。"),
                ports=port,
            ),
            Step(
                text=_say(
                    "Read the new optic's label aloud or show it to the camera: type SFP28 SR, and its serial.",
                    "唸出新光模組的標籤，或讓鏡頭拍到：型號 SFP28 SR 與序號。",
                    "念出新光模块的标签，或让镜头拍到：型号 SFP28 SR 与序列号。",
                ),
                proof=_say(
                    "The expert confirms type and serial.",
                    "專家確認型號與序號。",
                    "专家确认型号与序列号。",
                ),
            ),
            Step(
                text=_say(
                    "Push the new optic in until it clicks. Clean the fibre's end and plug it in until it clicks.",
                    "將新光模組推入至發出喀聲；清潔光纖端面後插入至發出喀聲。",
                    "将新光模块推入至发出咔哒声；清洁光纤端面后插入至发出咔哒声。",
                ),
                caution=_say(
                    "One wipe, one direction, never dry over a dirty end.",
                    "朝同一方向擦一次，端面髒時不要乾擦。",
                    "朝同一方向擦一次，端面脏时不要干擦。",
                ),
                proof=_say(
                    "The LED of port 37 is green.", "37 埠的指示燈亮綠燈。", "37 端口的指示灯亮绿灯。"
                ),
                ports=port,
            ),
            Step(
                text=_say(
                    "Wait five minutes and watch port 37: received light and errors.",
                    "等待五分鐘，觀察 37 埠的接收光功率與錯誤數。",
                    "等待五分钟，观察 37 端口的接收光功率与错误数。",
                ),
                proof=_say(
                    "Received light is above -5 dBm, and no new errors.",
                    "接收光功率高於 -5 dBm，且沒有新的錯誤。",
                    "接收光功率高于 -5 dBm，且没有新的错误。",
                ),
                ports=port,
            ),
        ),
    )


def replace_power_supply(device_type_id: str, picture_sha256: str) -> NewGuide:
    rear = FaceSide.REAR
    return NewGuide(
        subject=Subject(device_type_id=device_type_id),
        title=_say("Replace a power supply", "更換電源供應器", "更换电源模块"),
        steps=(
            Step(
                text=_say(
                    "Go to the rear and find the power supply whose LED is amber or dark.",
                    "到機櫃後方，找出指示燈為琥珀色或熄滅的電源供應器。",
                    "到机柜后方，找出指示灯为琥珀色或熄灭的电源模块。",
                ),
                proof=_say("The expert names the same one.", "專家指的是同一個。", "专家指的是同一个。"),
                face=rear,
                picture_sha256=picture_sha256,
            ),
            Step(
                text=_say(
                    "Check that the other power supply's LED is green.",
                    "確認另一個電源供應器亮綠燈。",
                    "确认另一个电源模块亮绿灯。",
                ),
                caution=_say(
                    "If it is not green, stop: pulling now switches the device off.",
                    "若不是綠燈，請停止：此時拔除會使設備斷電。",
                    "若不是绿灯，请停止：此时拔除会使设备断电。",
                ),
                proof=_say(
                    "One LED is green and steady.", "有一個指示燈恆亮綠燈。", "有一个指示灯常亮绿灯。"
                ),
                face=rear,
            ),
            Step(
                text=_say(
                    "Open the cord's clip and unplug the cord of the failed one.",
                    "打開電源線固定夾，拔下故障者的電源線。",
                    "打开电源线固定夹，拔下故障模块的电源线。",
                ),
                proof=_say("Its LED is dark.", "其指示燈熄滅。", "其指示灯熄灭。"),
                face=rear,
            ),
            Step(
                text=_say(
                    "Press the coloured latch towards the handle and slide the power supply out, one hand under it.",
                    "將彩色卡榫壓向把手，一手托住下方，平穩抽出。",
                    "将彩色卡扣压向把手，一手托住下方，平稳抽出。",
                ),
                caution=_say(
                    "Air flow must match: the latch of the new one has the same colour.",
                    "風向必須相同：新品卡榫的顏色要一樣。",
                    "风向必须相同：新模块卡扣的颜色要一样。",
                ),
                proof=_say("The bay is empty.", "插槽是空的。", "插槽是空的。"),
                face=rear,
            ),
            Step(
                text=_say(
                    "Slide the new power supply in until the latch clicks.",
                    "推入新的電源供應器，直到卡榫發出喀聲。",
                    "推入新的电源模块，直到卡扣发出咔哒声。",
                ),
                proof=_say("It does not move when pulled gently.", "輕拉時不會移動。", "轻拉时不会移动。"),
                face=rear,
            ),
            Step(
                text=_say(
                    "Plug the cord in, close its clip, and wait ten seconds.",
                    "插回電源線，扣上固定夾，等待十秒。",
                    "插回电源线，扣上固定夹，等待十秒。",
                ),
                proof=_say(
                    "Both LEDs are green and steady.", "兩個指示燈都恆亮綠燈。", "两个指示灯都常亮绿灯。"
                ),
                face=rear,
            ),
        ),
    )
