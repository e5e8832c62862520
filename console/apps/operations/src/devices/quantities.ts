/** Measured quantities by the names people use. */
import { words } from "@nearhand/ui";

const NAMES = {
  cpu_load: ["CPU load", "CPU 負載", "CPU 负载"],
  memory_used: ["Memory used", "記憶體使用", "内存使用"],
  temperature: ["Temperature", "溫度", "温度"],
  power: ["Power", "功率", "功率"],
  traffic_in: ["Traffic in", "流入流量", "流入流量"],
  traffic_out: ["Traffic out", "流出流量", "流出流量"],
  errors_in: ["Errors in", "接收錯誤", "接收错误"],
  errors_out: ["Errors out", "傳送錯誤", "发送错误"],
  errors: ["Errors", "錯誤", "错误"],
  rx_power: ["Optical power in", "接收光功率", "接收光功率"],
  fan_speed: ["Fan speed", "風扇轉速", "风扇转速"],
} as const satisfies Record<string, readonly [string, string, string]>;

const t = words<keyof typeof NAMES>(NAMES);

/** A quantity nobody named here is shown by its own name. */
export function quantityName(quantity: string): string {
  return quantity in NAMES ? t(quantity as keyof typeof NAMES) : quantity.replaceAll("_", " ");
}
