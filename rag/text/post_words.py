"""How questions name posts, the writing of them and what posts do, as parts of patterns."""

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
