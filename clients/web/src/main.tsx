import "./style/index.css"; // the first, because it says in which order layers count
import { render } from "preact";
import { followAddress } from "./model/route.ts";
import { resume, takeSecret } from "./model/signin.ts";
import { followTheme } from "./model/theme.ts";
import { App } from "./screens/App.tsx";
import { followLanguage } from "./words/language.ts";

takeSecret();
addEventListener("hashchange", takeSecret);
followAddress();
followTheme();
followLanguage();
resume();
render(<App />, document.getElementById("app")!);
