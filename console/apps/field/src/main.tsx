/** Start the field app. */
import { restoreLanguage } from "@nearhand/ui";
import "@nearhand/ui/tokens.css";
import "@nearhand/ui/components.css";
import "./style.css";
import "./sheet.css";
import "./access/access.css";
import { render } from "preact";
import { restoreSignIn } from "./access/identity";
import { App } from "./App";
import { keepShellOffline } from "./offline/register";

restoreLanguage();
document.documentElement.dataset["theme"] = "dark"; // the camera is the background: dark is native here
void restoreSignIn();
render(<App />, document.getElementById("app")!);
keepShellOffline();
