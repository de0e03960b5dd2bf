import "@fontsource-variable/inter/opsz.css";
import "@fontsource-variable/jetbrains-mono";
import "@xyflow/react/dist/base.css";
import "./design/tokens.css";
import "./design/base.css";
import "./design/primitives.css";
import "./app/frame.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app/App";
import { followEvents } from "./bridge/queries";
import { connectHost } from "./bridge/start";
import { followTheme } from "./window/preferences";

followTheme();
const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");
void connectHost().then(() => {
  followEvents();
  createRoot(root).render(<StrictMode><App /></StrictMode>);
});
