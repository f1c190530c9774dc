import { Clock, Keyboard, Moon, Sun } from "lucide-react";
import { useEffect, useMemo } from "react";
import { useNavigate } from "react-router";

import { type Command, commands } from "@/lib/commands";
import { type Shortcut, shortcuts } from "@/lib/keyboard/shortcuts";
import { theme } from "@/lib/theme";
import { zone } from "@/lib/time/use-time";

import { navPages } from "./pages";

/** Adds what can be done on every page: go to any page, change theme and time zone, open the menu and the list of keys. */
export function useAppCommands(openCommands: () => void, openShortcuts: () => void): void {
  const navigate = useNavigate();
  const offered = useMemo<Command[]>(
    () => [
      ...navPages.map(({ path, nav }) => ({
        id: `go.${path}`,
        title: nav.title,
        group: "Go to",
        icon: nav.icon,
        keys: `g ${nav.key}`,
        run: () => void navigate(`/${path}`),
      })),
      { id: "theme.light", title: "Light theme", group: "Appearance", icon: Sun, run: () => theme.set("light") },
      { id: "theme.dark", title: "Dark theme", group: "Appearance", icon: Moon, run: () => theme.set("dark") },
      { id: "theme.system", title: "Theme as the system", group: "Appearance", run: () => theme.set("system") },
      { id: "zone.utc", title: "Show times in UTC", group: "Appearance", icon: Clock, run: () => zone.set("utc") },
      {
        id: "zone.local",
        title: "Show times in local time",
        group: "Appearance",
        icon: Clock,
        run: () => zone.set("local"),
      },
      {
        id: "shortcuts",
        title: "Keyboard shortcuts",
        group: "Help",
        icon: Keyboard,
        keys: "?",
        run: openShortcuts,
      },
    ],
    [navigate, openShortcuts],
  );
  commands.useAdd(offered);

  const keys = useMemo<Shortcut[]>(
    () =>
      offered.flatMap(({ keys, title, group, run }) =>
        keys
          ? [{ keys, does: group === "Go to" ? `Go to ${title.toLowerCase()}` : title, group: "Everywhere", run }]
          : [],
      ),
    [offered],
  );
  shortcuts.useAdd(keys);

  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== "k" || !(event.metaKey || event.ctrlKey) || event.altKey || event.shiftKey)
        return;
      event.preventDefault();
      openCommands();
    };
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  }, [openCommands]);
}
