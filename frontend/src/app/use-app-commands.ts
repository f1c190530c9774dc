import { Clock, Keyboard, Moon, Sun } from "lucide-react";
import { useEffect, useMemo } from "react";
import { useNavigate } from "react-router";

import { type Command, commands } from "@/lib/commands";
import { type Shortcut, shortcuts } from "@/lib/keyboard/shortcuts";
import { theme } from "@/lib/theme";
import { zone } from "@/lib/time/use-time";

import { useOfferedPages } from "./offered-pages";

/** Registers the commands of every page: navigation, theme and time zone, the command menu and the shortcut list. */
export function useAppCommands(openCommands: () => void, openShortcuts: () => void): void {
  const navigate = useNavigate();
  const offered = useOfferedPages();
  const appCommands = useMemo<Command[]>(
    () => [
      ...offered.map(({ path, nav }) => ({
        id: `go.${path}`,
        title: nav.title,
        group: "Go to",
        icon: nav.icon,
        keys: `g ${nav.key}`,
        run: () => void navigate(`/${path}`),
      })),
      { id: "theme.light", title: "Use light theme", group: "Appearance", icon: Sun, run: () => theme.set("light") },
      { id: "theme.dark", title: "Use dark theme", group: "Appearance", icon: Moon, run: () => theme.set("dark") },
      { id: "theme.system", title: "Use system theme", group: "Appearance", run: () => theme.set("system") },
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
    [navigate, offered, openShortcuts],
  );
  commands.useAdd(appCommands);

  const keys = useMemo<Shortcut[]>(
    () =>
      appCommands.flatMap(({ keys, title, group, run }) =>
        keys
          ? [{ keys, action: group === "Go to" ? `Go to ${title.toLowerCase()}` : title, group: "Everywhere", run }]
          : [],
      ),
    [appCommands],
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
