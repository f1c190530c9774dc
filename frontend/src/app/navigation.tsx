import { NavLink } from "react-router";

import { cn } from "@/lib/class-names";

import { Logo } from "./logo";
import { useOfferedPages } from "./offered-pages";

/** Navigation: a rail at the side, with labels where there is room; a bar at the bottom on a phone. */
export function Navigation() {
  return (
    <nav
      aria-label="Pages"
      className="fixed inset-x-0 bottom-0 z-30 flex h-14 border-t border-rail-line bg-rail text-rail-ink md:inset-x-auto md:inset-y-0 md:left-0 md:h-auto md:w-14 md:flex-col md:border-t-0 md:border-r xl:w-52 print:hidden"
    >
      <NavLink
        to="/"
        className="hidden h-12 items-center gap-2.5 px-3 md:flex"
        aria-label="Mini Compliance Monitor, overview"
      >
        <Logo className="size-8 shrink-0" />
        <span className="hidden text-xs leading-4 font-semibold tracking-tight xl:block">
          Mini Compliance
          <br />
          Monitor
        </span>
      </NavLink>
      {/* a phone does not have room for all pages: the list scrolls sideways there */}
      <ul className="flex flex-1 overflow-x-auto [scrollbar-width:none] md:mt-3 md:overflow-visible md:flex-col md:justify-start md:gap-0.5 md:px-2">
        {useOfferedPages().map(({ path, nav: { title, icon: Icon } }) => (
          <li key={path} className="min-w-16 flex-1 md:min-w-0 md:flex-none">
            <NavLink
              to={`/${path}`}
              end={path === ""}
              title={title}
              className={({ isActive }) =>
                cn(
                  "relative flex h-full flex-col items-center justify-center gap-0.5 rounded-md text-2xs font-medium text-rail-ink-2 transition-colors hover:text-rail-ink focus-visible:outline-rail-ink md:h-10 md:flex-row xl:h-9 xl:justify-start xl:gap-2.5 xl:px-2.5 xl:text-sm",
                  isActive && "text-rail-ink md:bg-rail-on",
                )
              }
            >
              <Icon aria-hidden className="size-4.5 shrink-0" strokeWidth={1.75} />
              <span className="truncate md:sr-only xl:not-sr-only">{title}</span>
            </NavLink>
          </li>
        ))}
      </ul>
    </nav>
  );
}
