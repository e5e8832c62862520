/** Find a device without its label: type the tag, or choose one of the last. */
import { Refusal, Unreachable } from "@nearhand/contract";
import { useEffect, useState } from "preact/hooks";
import { actor } from "../access/actor";
import { showById, showByTag, target } from "../device/target";
import { person } from "../hud/icons";
import { closePanel, panel } from "../hud/panels";
import { recentDevices, type RecentDevice } from "../offline/memory";
import { go } from "../routes";
import { tellSession } from "../session/follow";
import { open } from "../session/room";
import { refusalText } from "../words/refusals";
import { t } from "../words/sheet";
import { Icon } from "@nearhand/ui";

export function Finder() {
  const [recent, setRecent] = useState<RecentDevice[] | null>(null);
  const [tag, setTag] = useState("");
  const [problem, setProblem] = useState("");
  useEffect(() => void recentDevices().then(setRecent), []);

  async function choose(find: () => Promise<void>) {
    setProblem("");
    try {
      await find();
      if (open.value) tellSession();
      else go({ page: "device", id: target.value!.view.device.id });
      closePanel();
    } catch (error) {
      if (error instanceof Unreachable) setProblem(t("out_of_reach"));
      else if (error instanceof Refusal)
        setProblem(error.status === 404 ? t("no_such_tag") : refusalText(error));
      else throw error;
    }
  }

  return (
    <>
      <form
        class="find"
        onSubmit={(event) => {
          event.preventDefault();
          void choose(() => showByTag(tag));
        }}
      >
        <label>
          {t("type_tag")}
          <input
            value={tag}
            onInput={(event) => setTag(event.currentTarget.value)}
            autocapitalize="characters"
            autocomplete="off"
            spellcheck={false}
            enterkeyhint="go"
            required
          />
        </label>
        <button class="big primary">{t("open")}</button>
        <p class="problem" role="alert">
          {problem}
        </p>
      </form>
      <h3>{t("recent")}</h3>
      {recent?.length === 0 && <p class="soft">{t("no_recent")}</p>}
      <ul class="rows">
        {recent?.map((one) => (
          <li key={one.deviceId}>
            <button type="button" onClick={() => void choose(() => showById(one.deviceId))}>
              <b>{one.name}</b>
              <small>
                {one.assetTag} · {one.place}
              </small>
            </button>
          </li>
        ))}
      </ul>
      <footer class="find-who">
        <button type="button" class="big" onClick={() => (panel.value = "me")}>
          <Icon svg={person} size={20} /> <span>{actor.value?.display_name}</span>
        </button>
      </footer>
    </>
  );
}
