import { CircleUser, Globe, LockOpen, Monitor, Moon, Search, Sun } from "lucide-react";
import { Link } from "react-router";

import { Button } from "@/components/button";
import { Kbd } from "@/components/kbd";
import { useAccount } from "@/lib/access/account";
import { isMac } from "@/lib/keyboard/platform";
import { theme, THEMES } from "@/lib/theme";
import { timeFormats } from "@/lib/time/zone";
import { zone } from "@/lib/time/use-time";

import { LiveIndicator } from "./live-indicator";

const THEME_ICONS = { light: Sun, dark: Moon, system: Monitor };

/** The top bar: search, the status of the live stream, and the display preferences for times and theme. */
export function TopBar({ onCommands }: { onCommands: () => void }) {
  const shownTheme = theme.use();
  const shownZone = zone.use();
  const nextTheme = THEMES[(THEMES.indexOf(shownTheme) + 1) % THEMES.length] ?? "system";
  const ThemeIcon = THEME_ICONS[shownTheme];
  return (
    <header className="sticky top-0 z-30 flex h-12 items-center gap-1 border-b bg-page/95 px-4 backdrop-blur-sm lg:px-6 print:hidden">
      <button
        type="button"
        onClick={onCommands}
        aria-keyshortcuts={isMac ? "Meta+K" : "Control+K"}
        className="flex h-8 max-w-80 min-w-0 flex-1 items-center gap-2 rounded-md border bg-surface px-2.5 text-ink-2 hover:border-line-strong"
      >
        <Search aria-hidden className="size-4 shrink-0" />
        <span className="truncate">Search or jump to…</span>
        <Kbd className="ml-auto hidden border-line sm:inline-grid">{isMac ? "⌘K" : "Ctrl K"}</Kbd>
      </button>
      <div className="ml-auto flex items-center gap-0.5">
        <LiveIndicator />
        <AccountLink />
        <Button
          variant="quiet"
          size="sm"
          className="h-8"
          onClick={() => zone.set(shownZone === "utc" ? "local" : "utc")}
          aria-label={`Times in ${shownZone === "utc" ? "UTC" : "local time"}; switch to ${shownZone === "utc" ? "local time" : "UTC"}`}
          title={`Times are in ${timeFormats(shownZone).zone}`}
        >
          <Globe aria-hidden />
          <span className="hidden w-9 text-left sm:inline">{shownZone === "utc" ? "UTC" : "Local"}</span>
        </Button>
        <Button
          variant="quiet"
          size="icon"
          onClick={() => theme.set(nextTheme)}
          aria-label={`Theme: ${shownTheme}; switch to ${nextTheme}`}
          title={`Theme: ${shownTheme}`}
        >
          <ThemeIcon aria-hidden />
        </Button>
      </div>
    </header>
  );
}

/** Leads to the own account; says discreetly when there is no login. */
function AccountLink() {
  const account = useAccount().data;
  if (!account) return null;
  const off = account.auth === "off";
  const label = off ? "No login: authentication is off, for this machine only" : `Account of ${account.name}`;
  return (
    <Button asChild variant="quiet" size="sm" className="h-8">
      <Link to="/account" aria-label={label} title={label}>
        {off ? <LockOpen aria-hidden /> : <CircleUser aria-hidden />}
        <span className="hidden max-w-40 truncate lg:inline">{off ? "No login" : account.name}</span>
      </Link>
    </Button>
  );
}
