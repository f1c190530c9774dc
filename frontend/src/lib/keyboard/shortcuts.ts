import { preference } from "../preference";
import { registry } from "../registry";

/** A key, or two one after the other ("g f"), that does something wherever nothing is being typed. */
export interface Shortcut {
  keys: string;
  does: string;
  /** The heading it stands under in the list of shortcuts. */
  group: string;
  run: () => void;
}

/** The shortcuts of the layout and of the page that is open. */
export const shortcuts = registry<Shortcut>();

/** Speech input and shaky hands press single keys unmeant, so they can be switched off. */
export const singleKeys = preference("single-keys", ["on", "off"], "on");
