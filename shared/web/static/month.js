// The keys of a month's sheet: one stop for Tab, arrows from day to day. Without this the sheet is a table of links.
(() => {
  "use strict";

  const sheet = document.querySelector("[data-month]");
  if (!sheet) return;
  const days = [...sheet.querySelectorAll("td")];
  const STEPS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };
  let current = days.find((day) => `#${day.id}` === location.hash) ?? sheet.querySelector("td[aria-current]") ?? days.find((day) => !day.matches(".elsewhere"));

  function rest(day, index) {
    day.tabIndex = index;
    day.querySelectorAll("a").forEach((link) => { link.tabIndex = index; });
  }

  function go(day) {
    rest(current, -1);
    current = day;
    rest(current, 0);
    current.focus();
  }

  function dayOf(cell) {
    return new Date(`${cell.id.slice(2)}T00:00:00Z`);
  }

  // A day that is not on this sheet opens the month that it is in; another month opens even where its day is on this sheet.
  function turn(at, month) {
    const day = at.toISOString().slice(0, 10);
    const cell = document.getElementById(`d-${day}`);
    if (cell && (!month || day.startsWith(sheet.dataset.month))) go(cell);
    else location.assign(`${location.pathname}?month=${day.slice(0, 7)}#d-${day}`);
  }

  function sameDay(of, months) {
    const first = new Date(Date.UTC(of.getUTCFullYear(), of.getUTCMonth() + months, 1));
    const last = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 0)).getUTCDate();
    first.setUTCDate(Math.min(of.getUTCDate(), last));
    return first;
  }

  function press(event) {
    if (event.altKey || event.ctrlKey || event.metaKey || event.target.closest("td") !== current) return;
    const at = dayOf(current);
    const week = current.parentElement.children;
    if (event.key in STEPS) {
      at.setUTCDate(at.getUTCDate() + STEPS[event.key]);
      turn(at);
    } else if (event.key === "Home") go(week[0]);
    else if (event.key === "End") go(week[week.length - 1]);
    else if (event.key === "PageUp") turn(sameDay(at, -1), true);
    else if (event.key === "PageDown") turn(sameDay(at, 1), true);
    else if (event.key === "Enter" && event.target === current) current.querySelector("a")?.click();
    else return;
    event.preventDefault();
  }

  sheet.setAttribute("role", "grid");
  sheet.querySelectorAll("tr").forEach((row) => row.setAttribute("role", "row"));
  sheet.querySelectorAll("th").forEach((head) => head.setAttribute("role", "columnheader"));
  days.forEach((day) => {
    day.setAttribute("role", "gridcell");
    rest(day, -1);
  });
  rest(current, 0);
  sheet.parentElement.removeAttribute("tabindex");
  sheet.addEventListener("keydown", press);
  sheet.addEventListener("focusin", (event) => {
    const day = event.target.closest("td");
    if (day && day !== current) {
      rest(current, -1);
      current = day;
      rest(current, 0);
    }
  });
  if (location.hash === `#${current.id}`) current.focus();
})();
