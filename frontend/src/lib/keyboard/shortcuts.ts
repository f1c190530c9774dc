import { preference } from "../preference";
import { registry } from "../registry";

/** A keyboard shortcut: a key, or two in sequence ("g f"), active while no text field has the focus. */
export interface Shortcut {
  keys: string;
  action: string;
  /** Its heading in the list of shortcuts. */
  group: string;
  run: () => void;
}

/** The shortcuts of the layout and of the page that is open. */
export const shortcuts = registry<Shortcut>();

/** Speech input and tremor press single keys unintentionally, so they can be disabled (WCAG 2.1.4). */
export const singleKeys = preference("single-keys", ["on", "off"], "on");
