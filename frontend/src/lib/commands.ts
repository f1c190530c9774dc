import type { LucideIcon } from "lucide-react";

import { registry } from "./registry";

/** A command in the command menu. */
export interface Command {
  id: string;
  title: string;
  /** Its heading in the menu, like "Go to". */
  group: string;
  icon?: LucideIcon;
  /** Other words that find it. */
  words?: string[];
  /** Its keyboard shortcut, like "g f". */
  keys?: string;
  run: () => void;
}

/** The commands of the layout and of the page that is open. */
export const commands = registry<Command>();
