import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { http, HttpResponse } from "msw";
import { expect, it } from "vitest";

import type { AccountUser } from "@/lib/api/access";
import { anAccount } from "@/testing/an-account";
import { failWith, respond } from "@/testing/api";
import { renderApp } from "@/testing/render-app";
import { server } from "@/testing/server";

const PATH = "*/access/users/6f0d2c1e-0000-4000-8000-000000000002";

function aUser(overrides: Partial<AccountUser> = {}): AccountUser {
  return {
    id: "6f0d2c1e-0000-4000-8000-000000000002",
    kind: "person",
    email: "lee@example.com",
    issuer: null,
    role: "auditor",
    sources: null,
    period_from: "2026-11-01T08:30:00Z",
    period_to: "2026-12-01T00:00:00Z",
    expires_at: "2026-12-31T23:59:59Z",
    disabled: false,
    created_at: "2026-11-20T12:00:00Z",
    last_login_at: null,
    ...overrides,
  };
}

function open(user: AccountUser) {
  respond("/access/users", [user]);
  respond("/access/tokens", []);
  renderApp("/access");
  return userEvent.setup();
}

it("changes what an account may see, until when, and its password", async () => {
  const sent: unknown[] = [];
  const note = async ({ request }: { request: Request }) => {
    sent.push(await request.json());
    return request.method === "PUT" ? new HttpResponse(null, { status: 204 }) : HttpResponse.json(aUser());
  };
  server.use(http.patch(PATH, note), http.put(`${PATH}/password`, note));
  const user = open(aUser());

  await user.click(await screen.findByRole("button", { name: "Edit lee@example.com" }));
  const form = within(screen.getByRole("form", { name: "Account lee@example.com" }));
  expect(form.getByLabelText("Sees nothing after")).toHaveValue("2026-11-30");
  await user.type(form.getByLabelText("Restricted to sources"), "okta, github");
  await user.clear(form.getByLabelText("Sees nothing after"));
  await user.type(form.getByLabelText("New password"), "nine wet stones sleep");
  await user.click(form.getByRole("button", { name: "Save" }));

  expect(await screen.findByText("Saved lee@example.com.")).toBeInTheDocument();
  expect(sent).toEqual([{ sources: ["okta", "github"], period_to: null }, { password: "nine wet stones sleep" }]);
  expect(screen.queryByRole("form", { name: "Account lee@example.com" })).not.toBeInTheDocument();
});

it("offers neither role nor password of a user of the provider", async () => {
  const user = open(aUser({ issuer: "https://login.example.com", role: "viewer" }));

  expect(await screen.findByLabelText("Role of lee@example.com")).toBeDisabled();
  await user.click(screen.getByRole("button", { name: "Edit lee@example.com" }));
  expect(screen.queryByLabelText("New password")).not.toBeInTheDocument();
});

it("says why a change is refused", async () => {
  const detail = "At least one administrator must remain.";
  server.use(http.patch(PATH, () => HttpResponse.json({ status: 409, detail }, { status: 409 })));
  const user = open(aUser({ role: "admin" }));

  await user.click(await screen.findByRole("button", { name: "Disable" }));

  expect(await screen.findByText(detail)).toBeInTheDocument();
});

it("names the scope that is missing", async () => {
  failWith("/access/users", 403, "This needs the scope access:manage.");
  respond("/access/tokens", []);
  renderApp("/access");

  expect(await screen.findByText("This needs the scope access:manage.")).toBeInTheDocument();
});

it.each([
  [anAccount(), "No login: authentication is off, for this machine only"],
  [anAccount({ auth: "on", via: "session", name: "mona@example.com" }), "Account of mona@example.com"],
])("says in the top bar whether there is a login", async (account, label) => {
  respond("/account", account);
  open(aUser());

  expect(await screen.findByRole("link", { name: label })).toBeInTheDocument();
});
