import { useState } from "react";
import { call } from "../bridge/client";
import { forget } from "../bridge/queries";
import type { ApiError } from "../bridge/types";
import { Button } from "../design/Button";
import { ErrorCallout } from "../design/feedback";
import { GraphPicture } from "../design/Logo";
import { frameWords } from "../text/frame";

/** Before any workspace is open. */
export function Welcome() {
  const [error, setError] = useState<ApiError | null>(null);
  const open = async (request: { demo?: boolean }) => {
    try {
      await call("workspace.open", request);
      forget();
    } catch (failed) {
      setError(failed as ApiError);
    }
  };
  return (
    <div className="welcome">
      <div className="welcome-inner">
        <GraphPicture width={300} />
        <h1>{frameWords.noWorkspace.title}</h1>
        <p>{frameWords.noWorkspace.body}</p>
        <div className="row">
          <Button look="primary" size="large" onPress={() => void open({ demo: true })} data-testid="open-demo">{frameWords.noWorkspace.demo}</Button>
          <Button size="large" onPress={() => void open({})}>{frameWords.noWorkspace.other}</Button>
        </div>
        {error ? <ErrorCallout error={error} /> : null}
      </div>
    </div>
  );
}
