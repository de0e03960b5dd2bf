import { useCallback, useEffect, useRef, useState } from "react";
import type { ApiError, PreviewView } from "../bridge/types";

/** A preview being made; the newest asking wins. `null` asks nothing. */
export function usePreview(make: (() => Promise<PreviewView>) | null) {
  const [state, setState] = useState<{ view?: PreviewView; error?: ApiError; busy: boolean }>({ busy: make !== null });
  const asked = useRef(0);
  const again = useCallback(() => {
    if (!make) return;
    asked.current += 1;
    const mine = asked.current;
    setState((current) => ({ ...(current.view ? { view: current.view } : {}), busy: true }));
    make().then(
      (view) => { if (mine === asked.current) setState({ view, busy: false }); },
      (error: ApiError) => { if (mine === asked.current) setState({ error, busy: false }); },
    );
  }, [make]);
  useEffect(() => {
    again();
    return () => { asked.current += 1; };
  }, [again]);
  return { ...state, again };
}
