import "@nearhand/ui/tokens.css";
import { render } from "preact";

render(<main>Nearhand console</main>, document.getElementById("app")!);
