import { useEffect } from "react";

import { preference } from "./preference";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

/** Light, dark, or what the system says. public/theme.js reads the same key before the first paint. */
export const theme = preference<Theme>("theme", THEMES, "system");

/** Keeps the document in the chosen theme, and with the system's when that changes. */
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
