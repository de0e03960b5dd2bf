import { ShieldCheck, ShieldQuestion, ShieldX, UserRound } from "lucide-react";
import type { Preview, PreviewIdentity, Proof } from "../bridge/types";
import { Button } from "../design/Button";
import { Callout } from "../design/feedback";
import { Said } from "../design/Said";
import { guardWords } from "../text/guard";
import { previewWords } from "../text/preview";
import { go } from "../window/route";

/** Who is not the one that the environment expects, or could not be proven to be. */
export function strangers(preview: Preview): PreviewIdentity[] {
  return preview.identities.filter((one) => one.proof?.standing === "another" || one.proof?.standing === "unproven");
}

/** Why nothing may be written with a login, and the way to where that is solved. */
export function Strangers({ preview }: { preview: Preview }) {
  return strangers(preview).map((one) => (
    <Callout key={one.credential} tone="bad" role="alert" testId={`stranger-${one.credential}`} title={<Said text={one.problem?.message} />} actions={<Button onPress={() => go({ screen: "credentials" })}>{previewWords.toCredentials}</Button>}>
      <Said text={one.problem?.hint} /> <code className="quiet">{one.problem?.code}</code>
    </Callout>
  ));
}

/** `account` stands for what the system calls it, which is known once it was asked. */
function inItsWords({ expected, found = [] }: Proof) {
  const [own] = found;
  const named = found.some((fact) => fact.what === "account");
  return expected.map((fact) => (fact.what === "account" && own && !named ? { ...fact, what: own.what } : fact));
}

const looks = {
  proven: { Icon: ShieldCheck, tone: "ok" }, another: { Icon: ShieldX, tone: "bad" }, unproven: { Icon: ShieldQuestion, tone: "wait" }, simulated: { Icon: UserRound, tone: "idle" },
} as const;

/** Who does it, one line a credential, and how that compares with who is expected. */
export function Identities({ preview }: { preview: Preview }) {
  if (preview.identities.length === 0) return <div className="muted">{previewWords.asYou}</div>;
  return preview.identities.map((one) => {
    const { proof } = one;
    const { Icon, tone } = proof ? looks[proof.standing] : { Icon: UserRound, tone: "idle" as const };
    const expected = proof ? guardWords.expected(inItsWords(proof)) : "";
    const compared = !proof ? "" : proof.standing === "proven" ? guardWords.provenHelp(expected) : proof.standing === "simulated" ? guardWords.simulatedHelp(expected) : guardWords.expects(expected);
    const known = one.user !== null || one.account !== null;
    return (
      <div key={one.credential} className="identity" data-tone={tone} data-testid={`identity-${one.credential}`} data-standing={proof?.standing}>
        <Icon size={14} aria-hidden />
        <span>
          <strong>{one.credential}</strong>{proof ? <span className="tag" data-tone={tone}>{guardWords.standing[proof.standing]}</span> : null}{" "}
          <span className="muted">{one.problem && !known ? <>{previewWords.unproven}: <Said text={one.problem.message} /></> : <>{previewWords.as(one.user, one.account, one.place)}{compared ? `. ${compared}` : ""}</>}</span>
        </span>
      </div>
    );
  });
}
