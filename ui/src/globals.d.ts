/** Whether this build may fall back to the fake host; the shipped one may not. */
declare const __FAKE_HOST__: boolean;

declare module "@fontsource-variable/inter/opsz.css";
declare module "@fontsource-variable/inter";
declare module "@fontsource-variable/jetbrains-mono";

declare module "*.svg?url" {
  const address: string;
  export default address;
}

/** What tests read of files, without the types of all of Node. */
declare module "node:fs" {
  export function readFileSync(path: string, encoding: "utf8"): string;
}
