"""How questions name posts and the writing of them, as parts of patterns."""

NOUN = (
    r"(?:(?:blog|news)[ -])?(?:posts?|posting|articles?|entry|entries|pieces?|columns?|story"
    r"|stories|series|news)"
)
VERB = r"(?:write|writes|wrote|written|writing|publish(?:ed)?|post(?:ed)?|blogged)"
