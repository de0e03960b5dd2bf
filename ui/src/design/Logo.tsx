import drawing from "../../../icons/podium.svg?url";

/** Podium's sign, the drawing that the program's icons are made from. */
export function Logo({ size = 30, className }: { size?: number; className?: string }) {
  return <img src={drawing} width={size} height={size} className={className} alt="Podium" draggable={false} />;
}

/** A drawing for empty places: a small graph, quiet. */
export function GraphPicture({ width = 220 }: { width?: number }) {
  return (
    <svg width={width} viewBox="0 0 220 96" aria-hidden="true" fill="none">
      <path d="M66 48h28M66 48c14 0 14-26 28-26M150 22c14 0 12 26 26 26M150 74c14 0 12-26 26-26M66 48c14 0 14 26 28 26" stroke="var(--line-2)" strokeWidth="1.5" />
      <g fill="var(--surface)" stroke="var(--line-2)" strokeWidth="1.25">
        <rect x="10" y="34" width="56" height="28" rx="7" /><rect x="94" y="8" width="56" height="28" rx="7" />
        <rect x="94" y="60" width="56" height="28" rx="7" /><rect x="176" y="34" width="36" height="28" rx="7" stroke="var(--accent-line)" />
      </g>
      <g fill="var(--accent-soft)"><rect x="17" y="42" width="12" height="12" rx="3.5" /><rect x="101" y="16" width="12" height="12" rx="3.5" /><rect x="101" y="68" width="12" height="12" rx="3.5" /></g>
      <g fill="var(--line)"><rect x="34" y="45" width="24" height="5" rx="2.5" /><rect x="118" y="19" width="24" height="5" rx="2.5" /><rect x="118" y="71" width="18" height="5" rx="2.5" /></g>
      <path d="m189 48 4 4 7-8" stroke="var(--accent)" strokeWidth="2" strokeLinecap="round" strokeLinejoin="round" />
    </svg>
  );
}
