import { NuqsAdapter } from "nuqs/adapters/react-router/v8";
import { lazy, type ReactNode, Suspense, useCallback, useEffect, useRef, useState } from "react";
import { useLocation } from "react-router";

import { Toasts } from "@/components/toasts";
import { useKeyboard } from "@/lib/keyboard/use-keyboard";
import { useLiveStart } from "@/lib/live/use-live-start";
import { useRefreshAfterResync } from "@/lib/live/use-refresh";
import { useDocumentTheme } from "@/lib/theme";

import { LiveBanner } from "./live-banner";
import { PageBoundary } from "./page-boundary";
import { Navigation } from "./navigation";
import { TopBar } from "./top-bar";
import { useAppCommands } from "./use-app-commands";

const loadCommandMenu = () => import("./command-menu");
const loadShortcutList = () => import("./shortcut-list");
const CommandMenu = lazy(loadCommandMenu);
const ShortcutList = lazy(loadShortcutList);
const IDLE_MS = 2000;

/** What is around every page: navigation, top bar, the state of the live connection, the command menu. */
export function Layout({ children }: { children: ReactNode }) {
  // none before the first is opened: only then are they loaded
  const [overlay, setOverlay] = useState<"commands" | "shortcuts" | "closed">();
  const main = useRef<HTMLElement>(null);
  const { pathname } = useLocation();

  useDocumentTheme();
  useKeyboard();
  useLiveStart();
  useRefreshAfterResync();
  const openCommands = useCallback(() => setOverlay("commands"), []);
  const openShortcuts = useCallback(() => setOverlay("shortcuts"), []);
  const close = (open: boolean) => !open && setOverlay("closed");
  useAppCommands(openCommands, openShortcuts);
  useFocusOnNewPage(main, pathname);
  useEffect(() => {
    const timer = setTimeout(
      () => void Promise.all([loadCommandMenu(), loadShortcutList()]).catch(() => undefined),
      IDLE_MS,
    );
    return () => clearTimeout(timer);
  }, []);

  return (
    <NuqsAdapter defaultOptions={{ shallow: false, clearOnDefault: true }}>
      <a
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          main.current?.focus();
        }}
        className="fixed top-2 left-2 z-60 -translate-y-16 rounded-md bg-accent px-3 py-2 font-medium text-on-accent focus:translate-y-0"
      >
        Skip to the page
      </a>
      <div className="flex min-h-dvh flex-col md:pl-14 xl:pl-52">
        <Navigation />
        <TopBar onCommands={openCommands} />
        <LiveBanner />
        <main ref={main} id="main" tabIndex={-1} className="flex min-w-0 flex-1 flex-col pb-16 outline-none md:pb-0">
          <PageBoundary key={pathname}>
            <Suspense>{children}</Suspense>
          </PageBoundary>
        </main>
      </div>
      <Toasts />
      {/* while they load, keys do nothing: they are meant for what is coming */}
      <Suspense fallback={<span data-modal />}>
        {overlay && <CommandMenu open={overlay === "commands"} onOpenChange={close} />}
        {overlay && <ShortcutList open={overlay === "shortcuts"} onOpenChange={close} />}
      </Suspense>
    </NuqsAdapter>
  );
}

/** Puts the focus on the new page, so that the keyboard and screen readers begin there. */
function useFocusOnNewPage(main: React.RefObject<HTMLElement | null>, pathname: string) {
  const shown = useRef(pathname);
  useEffect(() => {
    if (shown.current === pathname) return;
    shown.current = pathname;
    main.current?.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  }, [main, pathname]);
}
