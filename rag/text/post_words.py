"""How questions name posts, the writing of them and what posts do, as parts of patterns."""

import regex

NOUN = (
    r"(?:(?:blog|news)[ -])?(?:posts?|posting|articles?|entry|entries|pieces?|columns?|story"
    r"|stories|series|news)"
)
VERB = r"(?:write|writes|wrote|written|writing|publish(?:ed)?|post(?:ed)?|blogged)"
TELLS = (
    r"(?:(?:say|tell|talk|speak|mention|recommend|suggest|explain|discuss|contain|cover|deal|treat|"
    r"show|teach|help|report|exist|warn|claim|list|stress|point|address|answer|offer|present|refer|"
    r"look|touch)(?:s|es|ed|ing)?|"
    r"(?:advis|describ|compar|includ|giv|argu|provid|not|stat)(?:e|es|ed|ing)|"
    r"said|told|spoke|spoken|dealt|taught|shown|gave|given)"
)
KIND = (
    r"(?:years?|months?|authors?|writers?|tags?|labels?|categor(?:y|ies)|topics?|subjects?|themes?)"
)
# "Which tags did Ines use most?" asks it of posts as well.
ASKS_LABELS = regex.compile(
    rf"^\s*(?:which|what)\s+(?!year|month|author|writer){KIND}\s+(?:did|has|have|does|do)\s",
    regex.IGNORECASE,
)
