import "@nearhand/ui/tokens.css";
import "@nearhand/ui/components.css";
import "./looks/app.css";
import "./looks/desk.css";
import "./looks/devices.css";
import "./looks/people.css";
import "./looks/replay.css";
import { restoreLanguage, restoreTheme } from "@nearhand/ui";
import { render } from "preact";
import { App } from "./App";
import { startRouter } from "./router";

restoreLanguage();
restoreTheme();
startRouter();
render(<App />, document.getElementById("app")!);
