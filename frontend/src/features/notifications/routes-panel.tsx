import { Badge } from "@/components/badge";
import { Panel } from "@/components/panel";
import { Timestamp } from "@/components/timestamp";
import { VisibleText } from "@/components/visible-text";
import type { NotificationRoute } from "@/lib/api/notifications";
import { count } from "@/lib/format";

/** The routes: which findings go where, and when. */
export function RoutesPanel({ routes }: { routes: readonly NotificationRoute[] }) {
  return (
    <Panel title="Routes" flush>
      {routes.length === 0 ? (
        <p className="border-t px-4 py-3 text-ink-2">No routes: add one under routes in channels.yml.</p>
      ) : (
        <ul aria-label="Routes" className="divide-y border-t">
          {routes.map((route) => (
            <RouteItem key={route.name} route={route} />
          ))}
        </ul>
      )}
    </Panel>
  );
}

function RouteItem({ route }: { route: NotificationRoute }) {
  const { name, channel, filter, quiet, waiting, digest_at, max_per_hour } = route;
  const conditions = Object.entries(filter);
  return (
    <li aria-label={name} className="grid gap-1.5 px-4 py-3">
      <div className="flex flex-wrap items-center gap-2">
        <span className="font-medium">{name}</span>
        <span className="text-ink-2">to {channel}</span>
        {digest_at !== null && <Badge tone="high">Storm</Badge>}
        {waiting > 0 && <Badge tone="accent">{count(waiting)} waiting</Badge>}
      </div>
      <dl className="flex flex-wrap gap-x-5 gap-y-1 text-xs">
        {conditions.length === 0 && <Fact name="Findings" value="all" />}
        {conditions.map(([parameter, value]) => (
          <Fact key={parameter} name={parameter} value={Array.isArray(value) ? value.join(", ") : String(value)} />
        ))}
        <Fact name="Sends" value={sendsOf(route)} />
        {quiet && <Fact name="Quiet" value={`${quiet.from} to ${quiet.to}, ${quiet.zone}`} />}
        {route.when === "immediately" && <Fact name="Storm above" value={`${count(max_per_hour)} findings an hour`} />}
      </dl>
      {digest_at !== null && (
        <p className="text-xs text-ink-2">
          Findings are held for a digest at <Timestamp time={digest_at} to="minute" className="tabular" />.
        </p>
      )}
    </li>
  );
}

const sendsOf = ({ when, at, zone }: NotificationRoute) => (when === "daily" ? `daily at ${at}, ${zone}` : when);

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div className="flex min-w-0 gap-1.5">
      <dt className="text-ink-2">{name}</dt>
      <dd className="min-w-0 font-medium [overflow-wrap:anywhere]">
        <VisibleText text={value} />
      </dd>
    </div>
  );
}
