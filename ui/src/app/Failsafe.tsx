import { Component, type ReactNode } from "react";
import { Button } from "../design/Button";
import { Empty } from "../design/feedback";
import { frameWords } from "../text/frame";
import { words } from "../text/words";
import { go } from "../window/route";

/** Keeps a defect in one screen from taking the window down. */
export class Failsafe extends Component<{ children: ReactNode }, { failed: Error | null }> {
  override state: { failed: Error | null } = { failed: null };
  static getDerivedStateFromError(failed: Error) { return { failed }; }
  override render() {
    if (!this.state.failed) return this.props.children;
    return (
      <Empty
        title={frameWords.crashed} testId="crashed"
        actions={<><Button look="primary" size="roomy" onPress={() => this.setState({ failed: null })}>{frameWords.again}</Button>
          <Button size="roomy" onPress={() => { this.setState({ failed: null }); go({ screen: "home" }); }}>{words.screens.home}</Button></>}
      >
        {frameWords.crashedHelp} <code className="selectable">{this.state.failed.message}</code>
      </Empty>
    );
  }
}
