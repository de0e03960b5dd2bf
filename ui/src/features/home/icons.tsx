import { BadgeCheck, Box, Building2, Cloud, Database, Folder, Globe, Hammer, KeyRound, type LucideIcon, Moon, Network, PackageOpen, RefreshCw, Rocket, Server, Shield, Store, TriangleAlert, Users, Wrench } from "lucide-react";

/** The pictures that `podium.yaml` can name. */
const icons: Record<string, LucideIcon> = {
  badge: BadgeCheck, box: Box, building: Building2, cloud: Cloud, database: Database, folder: Folder, globe: Globe, hammer: Hammer, key: KeyRound, night: Moon, network: Network, package: PackageOpen,
  refresh: RefreshCw, rocket: Rocket, server: Server, shield: Shield, store: Store, warning: TriangleAlert, people: Users, tools: Wrench,
};

/** The picture of a tile: one of ours by name, or a sign such as 🥐 as it is. */
export function TileIcon({ name }: { name: string }) {
  const Icon = icons[name];
  return <span className="tile-icon" aria-hidden>{Icon ? <Icon size={20} /> : [...name].slice(0, 2).join("")}</span>;
}
