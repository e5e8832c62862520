// @vitest-environment happy-dom
import { type CameraBelief, nominalCamera } from "@nearhand/spatial";
import { beforeEach, describe, expect, it } from "vitest";
import { keepCamera, type Kept, recallCamera } from "./calibration";
import { type Learnt, SharedCameras } from "./sharedCameras";

const KEY = "a1|back camera|environment|1.78|1.00";
const learnt = (focal_sd: number, fx = 1000): CameraBelief => ({
  ...nominalCamera(1280, 720),
  fx,
  fy: fx,
  focal_sd,
  k1_sd: 0.003,
});

/** The service with one shelf a person, and who holds the phone. */
class Service {
  owner: string | null = "technician";
  isReached = true;
  asked = 0;
  readonly shelves = new Map<string, Learnt>();
  readonly due: (() => void)[] = [];
  readonly cameras = new SharedCameras({
    owner: () => this.owner,
    load: async (key) => {
      this.asked++;
      this.#reach();
      return this.shelves.get(`${this.owner} ${key}`) ?? null;
    },
    store: async (key, { camera, views }: Kept) => {
      this.#reach();
      this.shelves.set(`${this.owner} ${key}`, { camera, views });
    },
    later: (act) => this.due.push(act),
  });

  #reach(): void {
    if (!this.isReached) throw new Error("out of reach");
  }
}

const settled = () => new Promise((resolve) => setTimeout(resolve));
const recalled = () => recallCamera(KEY, 1280, 720);

beforeEach(() => localStorage.clear());

describe("what was learnt of a camera", () => {
  it("comes back from the service when that camera films again", async () => {
    const service = new Service();
    service.shelves.set(`technician ${KEY}`, { camera: learnt(0.004), views: 8 });
    service.cameras.meet(KEY);
    await settled();
    expect(recalled()).toEqual(learnt(0.004));
    service.cameras.meet(KEY);
    await settled();
    expect(service.asked).toBe(1); // and is asked for once, not with each frame
  });

  it("of another camera or zoom, or on another person's shelf, is not used", async () => {
    const service = new Service();
    service.shelves.set(`expert ${KEY}`, { camera: learnt(0.004), views: 8 });
    service.shelves.set(`technician ${KEY.replace("1.00", "2.00")}`, { camera: learnt(0.004), views: 8 });
    service.shelves.set(`technician ${KEY.replace("a1", "b2")}`, { camera: learnt(0.004), views: 8 });
    service.cameras.meet(KEY);
    await settled();
    expect(recalled()).toBeNull();
  });

  it("of a phone that browsers give no name of its own is neither asked for nor told", async () => {
    const service = new Service();
    const shared = "|camera2 0, facing back|environment|1.78|1.00";
    service.shelves.set(`technician ${shared}`, { camera: learnt(0.002), views: 8 });
    keepCamera(shared, learnt(0.02), 4);
    service.cameras.meet(shared);
    await settled();
    expect(service.asked).toBe(0);
    expect(service.shelves.get(`technician ${shared}`)!.views).toBe(8);
    expect(recallCamera(shared, 1280, 720)!.focal_sd).toBe(0.02);
  });

  it("is told with its views once it has settled, and only when it is surer", async () => {
    const service = new Service();
    service.cameras.meet(KEY);
    await settled();
    for (const sd of [0.03, 0.01, 0.006]) {
      keepCamera(KEY, learnt(sd), 5);
      service.cameras.learnt();
    }
    await settled();
    expect(service.shelves.size).toBe(0);
    expect(service.due).toHaveLength(1);
    service.due[0]!();
    await settled();
    expect(service.shelves.get(`technician ${KEY}`)).toEqual({ camera: learnt(0.006), views: 5 });
    expect(keepCamera(KEY, learnt(0.02), 4)).toBe(false);
  });

  it("is told later when the service is out of reach, and to each person who holds the phone", async () => {
    const service = new Service();
    const exchanged = () => (void service.cameras.exchange(), settled());
    service.isReached = false;
    service.cameras.meet(KEY);
    keepCamera(KEY, learnt(0.01), 5);
    await exchanged();
    expect(service.shelves.size).toBe(0);
    service.isReached = true;
    await exchanged();
    service.owner = "expert";
    await exchanged();
    expect([...service.shelves.keys()]).toEqual([`technician ${KEY}`, `expert ${KEY}`]);
    service.shelves.clear();
    service.owner = null;
    await exchanged();
    service.owner = "expert";
    await exchanged();
    expect(service.shelves.size).toBe(0); // told already
  });

  it("here is not given up for something vaguer from the service, which is put right", async () => {
    const service = new Service();
    service.shelves.set(`technician ${KEY}`, { camera: learnt(0.03, 900), views: 4 });
    keepCamera(KEY, learnt(0.004), 9);
    service.cameras.meet(KEY);
    await settled();
    expect(recalled()!.fx).toBe(1000);
    expect(service.shelves.get(`technician ${KEY}`)!.views).toBe(9);
  });
});
