import "@nearhand/ui/tokens.css";
import "@nearhand/ui/components.css";
import "./app.css";
import { restoreLanguage, restoreTheme } from "@nearhand/ui";
import { render } from "preact";
import { App } from "./App";
import { startRouter } from "./router";

restoreLanguage();
restoreTheme();
startRouter();
render(<App />, document.getElementById("app")!);
