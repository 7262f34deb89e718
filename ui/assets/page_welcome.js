// What stands on the page before anything is asked, and what it says of itself.
(() => {
  "use strict";
  const pq = window.pullquote;
  const { make, words, say, count, find } = pq;

  // The question of a link that somebody has sent.
  function sentCard(sent) {
    const long = pq.tooLong(sent);
    return make("div", { class: "pq-sent" }, make("p", {}, say("sent_question")),
      words("p", sent, { class: `pq-sent-question${long ? " pq-clamped" : ""}` }),
      long ? make("p", { class: "pq-long" }, long) : "",
      long ? pq.button("edit-sent", "edit", say("edit"), { class: "pq-button pq-first" })
        : pq.button("ask-sent", "send", say("ask"), { class: "pq-button pq-first" }));
  }

  pq.welcome = () => {
    const about = pq.state.about;
    const empty = about && !about.posts;
    const sent = pq.linkedQuestion();
    const offer = (text) => make("button", { type: "button", class: "pq-offer", dir: "auto", "data-do": "offer" }, text);
    const offers = (about?.examples ?? []).map(offer);
    find("pq-empty").replaceChildren(
      make("h2", {}, say(empty ? "empty_title" : "welcome")),
      make("p", { class: "pq-dim" }, empty ? say("empty_hint") : say("welcome_hint", { name: pq.name })),
      sent && !empty ? sentCard(sent) : "",
      empty || !offers.length ? "" : make("div", { class: "pq-examples", role: "group", "aria-label": say("examples") }, ...offers));
  };

  pq.aboutLine = (about) => {
    const posts = count("posts", about.posts);
    const of = about.sites.length ? say("of_sites", { posts, sites: pq.listed(about.sites) }) : posts;
    const when = about.synced ? say("posts_as_of", { date: pq.day(about.synced) }) : "";
    const line = [of, when].filter(Boolean).join(", ");
    find("pq-line").textContent = line;
    const told = [about.chat_model ? say("foot_model", { model: about.chat_model }) : "", say("foot_promise"),
      say("foot_judge"), pq.votes ? count("foot_votes", pq.days) : "", pq.questions ? count("foot_questions", pq.days) : ""];
    find("pq-foot").replaceChildren(make("span", { id: "pq-also" }, `${line}. `), told.filter(Boolean).join(" "));
  };
})();
