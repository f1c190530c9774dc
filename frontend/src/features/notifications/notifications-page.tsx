import { ErrorState } from "@/components/error-state";
import { PageHeader } from "@/components/page-header";
import { Panel } from "@/components/panel";
import { Loading, Skeleton } from "@/components/skeleton";
import { Ago } from "@/components/timestamp";

import { ChannelsPanel } from "./channels-panel";
import { MessagesPanel } from "./messages-panel";
import { RoutesPanel } from "./routes-panel";
import { SetupGuide } from "./setup-guide";
import { useChannels, useRoutes } from "./use-notifications";

/** Notifications: channels with their health, routes, and messages; a setup guide until a notifier has started. */
export default function NotificationsPage() {
  const channels = useChannels();
  const routes = useRoutes();
  const failed = [channels, routes].find(({ error, data }) => error && !data);
  return (
    <>
      <PageHeader title="Notifications" />
      <div className="grid gap-3 px-4 pb-6 lg:px-6">
        {failed?.error ? (
          <ErrorState
            error={failed.error}
            retry={() => void failed.refetch()}
            busy={failed.isFetching}
            className="min-h-[40vh] justify-center"
          />
        ) : !channels.data || !routes.data ? (
          <Loading what="notifications" className="grid gap-3 lg:grid-cols-2">
            <Panel className="h-40">
              <Skeleton className="h-4 w-40" />
            </Panel>
            <Panel className="h-40">
              <Skeleton className="h-4 w-40" />
            </Panel>
          </Loading>
        ) : channels.data.seen_at === null ? (
          <SetupGuide />
        ) : (
          <>
            {!channels.data.running && (
              <p role="alert" className="rounded-md bg-critical-tint px-4 py-2.5 text-critical-ink">
                No notifier runs: the last one was seen <Ago time={channels.data.seen_at} />. Messages wait until one is
                started.
              </p>
            )}
            <div className="grid items-start gap-3 xl:grid-cols-2">
              <ChannelsPanel channels={channels.data} />
              <RoutesPanel routes={routes.data.items} />
            </div>
            <MessagesPanel />
          </>
        )}
      </div>
    </>
  );
}
