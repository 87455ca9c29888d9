// Shows what a presenter's sandbox shows. The server draws it, in the language of this page; nothing goes back.
const shown = document.getElementById("shown");
const said = document.getElementById("said");
const source = new EventSource(`${location.pathname}/events`);
source.addEventListener("shown", (event) => {
  shown.innerHTML = event.data;
  said.textContent = "";
});
source.addEventListener("gone", () => {
  source.close();
  said.textContent = said.dataset.gone;
});
source.addEventListener("error", () => {
  said.textContent = source.readyState === EventSource.CLOSED ? said.dataset.full : said.dataset.away;
});
