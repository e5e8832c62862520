import "@nearhand/ui/tokens.css";
import { render } from "preact";

render(<main>Nearhand</main>, document.getElementById("app")!);
