/** Names of what is on a device: shapes of marks, ports, what is measured. */
import { words } from "@nearhand/ui";

export const t = words({
  ring: ["Ring", "圈選", "圈选"],
  arrow: ["Arrow", "箭頭", "箭头"],
  freehand: ["Drawing", "手繪", "手绘"],
  text: ["Text", "文字", "文字"],
  label_3d: ["Label", "標示", "标示"],
  of_port: ["Port {port} · {name}", "{port} 埠 · {name}", "{port} 口 · {name}"],
  port: ["Port", "連接埠", "端口"],
});

/** Quantities as they are named in samples; an unknown one is shown as it is written. */
const quantities: Record<string, readonly [string, string, string]> = {
  cpu_load: ["CPU", "CPU", "CPU"],
  memory_used: ["Memory", "記憶體", "内存"],
  traffic_in: ["In", "流入", "流入"],
  traffic_out: ["Out", "流出", "流出"],
  errors: ["Errors", "錯誤", "错误"],
  errors_in: ["Errors in", "接收錯誤", "接收错误"],
  errors_out: ["Errors out", "送出錯誤", "发送错误"],
  rx_power: ["Rx power", "接收光功率", "接收光功率"],
  tx_power: ["Tx power", "發射光功率", "发射光功率"],
  temperature: ["Temperature", "溫度", "温度"],
  power: ["Power", "功率", "功率"],
  fan_speed: ["Fan", "風扇", "风扇"],
};
const tq = words(quantities);

export function quantityName(quantity: string, port: string): string {
  const name = quantity in quantities ? tq(quantity) : quantity.replaceAll("_", " ");
  return port ? t("of_port", { port, name: name.toLowerCase() }) : name;
}
