import type { LucideIcon } from "lucide-react";

import { registry } from "./registry";

/** Something the command menu offers. */
export interface Command {
  id: string;
  title: string;
  /** The heading it stands under, like "Go to". */
  group: string;
  icon?: LucideIcon;
  /** Other words it is found by. */
  words?: string[];
  /** The keys that do the same, like "g f". */
  keys?: string;
  run: () => void;
}

/** The commands of the layout and of the page that is open. */
export const commands = registry<Command>();
