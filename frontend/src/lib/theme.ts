import { useEffect } from "react";

import { preference } from "./preference";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

/** Light, dark, or the system's. public/theme.js reads the same key before the first paint. */
export const theme = preference<Theme>("theme", THEMES, "system");

/** Applies the chosen theme to the document, and follows the system's when that is chosen. */
export function useDocumentTheme(): void {
  const chosen = theme.use();
  useEffect(() => {
    const system = window.matchMedia("(prefers-color-scheme: dark)");
    const apply = () => {
      const dark = chosen === "dark" || (chosen === "system" && system.matches);
      document.documentElement.dataset.theme = dark ? "dark" : "light";
    };
    apply();
    system.addEventListener("change", apply);
    return () => system.removeEventListener("change", apply);
  }, [chosen]);
}
