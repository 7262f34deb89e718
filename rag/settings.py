"""Every value that a user can change. Nothing else reads the environment.

Argument > environment (`PULLQUOTE_…`) > `pullquote.toml` in the working folder > default.
"""

from __future__ import annotations

import os
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, get_args

from pydantic import AfterValidator, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from rag.errors import ConfigError
from rag.origins import origin
from rag.place import ChromaServer, Database, Place

BUNDLED_MODEL = "sentence-transformers/all-MiniLM-L6-v2"
_PREFIX = "PULLQUOTE_"
_FILE = Path("pullquote.toml")
# Read by the test suite and by nothing else.
_NOT_SETTINGS = {"PULLQUOTE_REQUIRE_BROWSER"}


def _networks(text: str) -> str:
    for one in filter(None, map(str.strip, text.split(","))):
        ip_network(one)  # whose error names it
    return text


class Settings(BaseSettings):
    """All settings of one run; frozen."""

    model_config: ClassVar[SettingsConfigDict] = SettingsConfigDict(
        env_prefix=_PREFIX,
        toml_file=_FILE,
        frozen=True,
        extra="forbid",
        use_attribute_docstrings=True,
    )

    # index
    index: Path = Path("index")
    """The folder that holds the catalog and the Chroma collection."""
    catalog_url: SecretStr | None = None
    """A PostgreSQL database that holds the catalog instead, as "postgresql://user@host/name"."""
    catalog_schema: str = Field(default="pullquote", pattern=r"^[a-z_][a-z0-9_]{0,62}$")
    """The schema of that database that is this index's."""
    chroma_url: str | None = Field(default=None, pattern=r"^https?://[^\s/?#@]+[^\s?#@]*$")
    """Address of a Chroma server that holds the collection instead, as "http://127.0.0.1:8000"."""
    chroma_token: SecretStr | None = None
    """Sent to that server as a bearer token; None sends none."""

    # embedding
    embedding_model: str = BUNDLED_MODEL
    """A sentence-transformers name or folder, or "hash" (no model: for tests only)."""
    embedding_device: str = "auto"
    """"auto", "cpu", "cuda", "mps", … as torch names it."""
    embedding_precision: Literal["auto", "float32", "bfloat16", "float16"] = "auto"
    """Number format of the forward pass; "auto" takes the index's, for a new one the quickest."""
    embedding_backend: Literal["auto", "torch", "numpy"] = "auto"
    """What computes; "numpy" runs the bundled model alone; "auto" is it for a single question."""
    embedding_batch_tokens: int | None = Field(default=None, ge=256, le=1_000_000)
    """Tokens, padding included, in a forward pass; None is 4,096 on a processor, else 32,768."""
    passage_tokens: int = Field(default=256, ge=32, le=8192)
    """Longest passage in the model's tokens; the model's own limit holds as well."""

    # fetching
    fetch_at_once: int = Field(default=2, ge=1, le=16)
    """Requests to a site under way at the same time."""
    fetch_timeout: float = Field(default=60, gt=0, le=3600)
    """Seconds that one answer of a site may take, from the connection to its last byte."""
    fetch_bytes: int = Field(default=100_000_000, ge=1000, le=10_000_000_000)
    """Largest answer of a site, in bytes, unpacked."""
    fetch_tries: int = Field(default=4, ge=1, le=20)
    """How often a request is sent before a sync gives up."""
    fetch_backoff: float = Field(default=1, ge=0, le=600)
    """Seconds before the second try, where the site names no time; doubled for each further one."""
    fetch_max_wait: float = Field(default=120, ge=0, le=86_400)
    """Longest wait that a site may ask for, in seconds; a sync that is told more gives up."""
    fetch_full_days: float = Field(default=7, ge=0, le=365)
    """Days after which a sync fetches every post again, changed or not."""
    fetch_sample: int = Field(default=5, ge=0, le=100)
    """Pages opened after a sync to see whether links into them land; 0 opens none."""
    allow_private_network: bool = False
    """Also fetch from the own network and the own machine."""
    wordpress_user: str | None = None
    """User whose application password opens the site; None reads what everyone sees."""
    wordpress_password: SecretStr | None = None
    """That application password; None looks into the keyring."""

    sync_sources: Annotated[tuple[str, ...], NoDecode] = ()
    """What a server reads when told to sync, with spaces between; empty: the index's live sites."""

    # retrieval
    exact_search: int = Field(default=20_000, ge=0, le=1_000_000)
    """Up to so many passages a question is compared with each; where there are more, by Chroma."""
    candidates: int = Field(default=100, ge=10, le=2000)
    """Passages taken by meaning, and as many by words, before they are ranked together."""
    hits: int = Field(default=20, ge=10, le=200)
    """Passages that a question ends up with."""
    read_passages: int = Field(default=4, ge=0, le=50)
    """Passages that a trained reader looks at closely; 0 reads none."""
    rerank_model: str | None = Field(default=None, min_length=1)
    """A cross-encoder of sentence-transformers, name or folder, that orders the hits anew."""
    question_characters: int = Field(default=2000, ge=50, le=20_000)
    """Longest question that is accepted, in characters."""
    history_turns: int = Field(default=8, ge=0, le=50)
    """Earlier turns of the conversation that are looked at."""
    min_answerable: float | None = Field(default=None, ge=0, le=1)
    """A question is answered only when it is this likely to be answerable; 0: always; None:
    fitted."""

    # writer
    chat_model: str | None = Field(default=None, min_length=1)
    """A chat model that LangChain can name, "provider:model"; None quotes without a model."""
    chat_base_url: str | None = None
    """Address of the chat model's server, where it is not the provider's own."""
    chat_timeout: float = Field(default=60, gt=0, le=3600)
    """Seconds a chat model may write in all; 10 more for a follow-up, 20 for a claim it judges."""
    chat_fallback: bool = True
    """Quote, and say so, when the chat model fails before a sentence is shown; else an error."""
    chat_sections: int = Field(default=8, ge=1, le=50)
    """Passages whose sentences the chat model is shown."""
    chat_context_tokens: int | None = Field(default=None, ge=1000, le=10_000_000)
    """Tokens that the chat model reads and writes at once; None: as LangChain knows, else 4,096."""
    chat_daily_tokens: int | None = Field(default=None, ge=0, le=10_000_000_000)
    """Tokens that chat models may take in a day (UTC); then answers are quoted. None: no limit."""
    chat_instructions: str = Field(default="", max_length=1000)
    """Wishes for a chat model's tone, language and length, in words; the rules stay as they are."""
    cached_answers: int = Field(default=200, ge=0, le=100_000)
    """Answers kept in memory for the same question on the same index; 0 keeps none."""
    answer_sentences: int = Field(default=4, ge=1, le=20)
    """Most sentences that answers of quotes choose; what they lean on, and lists, come on top."""

    # judge
    judge_model: str | None = Field(default=None, min_length=1)
    """A cross-encoder that tells support, name or folder, or "chat"; None: the bundled estimate."""
    min_support: float | None = Field(default=None, ge=0, le=1)
    """A sentence of a chat model is shown only when its citations score this; None: fitted."""

    # evaluation
    eval_key: SecretStr | None = None
    """Sent as a bearer token to the server that `pullquote eval --system` asks; None sends none."""

    # page
    site_name: str = ""
    """What the page calls the site; empty takes what it calls itself, else its host."""
    link_base: str = ""
    """Takes the place of the posts' scheme and host in links, as for a staging site."""
    site_logo: Path | None = None
    """A PNG, JPEG, WebP or SVG file of at most 100 kB, shown beside the name."""
    site_colour: str = Field(default="#0f766e", pattern=r"^#[0-9A-Fa-f]{6}$")
    """Colour of buttons, links and markers; made darker or lighter where it could not be read."""
    page_language: str = Field(default="en", pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")
    """Language of the page's own words, and of its dates and direction, as in "en" or "pt-BR"."""
    page_texts: Path | None = None
    """A JSON file with the page's words in that language; what it lacks stays English."""
    old_years: float = Field(default=5, ge=0, le=1000)
    """Sources that were last changed longer ago than so many years are marked old; 0 marks none."""
    keep_feedback: bool = False
    """Let readers vote on answers, and keep the votes with their questions in the index folder."""
    keep_questions: bool = False
    """Keep questions to which no answer was found, with the day, in the index folder."""
    keep_days: int = Field(default=180, ge=1, le=3650)
    """Days after which kept votes and questions are deleted."""

    # widget
    widget_origins: Annotated[tuple[str, ...], NoDecode] = ()
    """Sites with the widget, as "https://blog.example.org", with spaces between; empty: none."""
    widget_open: bool = False
    """Let the widget's readers ask without the password that is set; then anybody else can, too."""

    # server
    host: str = "127.0.0.1"
    """Address that the page listens on."""
    port: int = Field(default=7860, ge=1, le=65535)
    """Port that the page listens on."""
    password: SecretStr | None = Field(default=None, min_length=8)
    """Password of page and API, 8 characters at least; None lets everyone in who can reach them."""
    owner_password: SecretStr | None = Field(default=None, min_length=8)
    """Password of the owner's page, 8 characters at least; None: for who sits at the machine."""
    owner_cases: Path = Path("cases.jsonl")
    """The file that the owner's page adds evaluation cases to."""
    questions_a_minute: int = Field(default=30, ge=0, le=100_000)
    """Questions that one client may ask in a minute; 0 does not count."""
    request_bytes: int = Field(default=1_000_000, ge=1000, le=100_000_000)
    """Largest body of a request, in bytes."""
    stop_timeout: float = Field(default=5, ge=0, le=3600)
    """Seconds that questions under way may take when the server is told to end."""
    trusted_proxies: Annotated[str, AfterValidator(_networks)] = "127.0.0.1, ::1"
    """Addresses and networks of proxies whose `X-Forwarded-…` is believed; empty trusts none."""
    json_logs: bool = False
    """Log each request and all else as a line of JSON; without the questions."""
    log_questions: bool = False
    """Log the questions that are asked through the API as well, in words."""

    @property
    def place(self) -> Place:
        """Where the index is."""
        chroma = database = None
        if self.chroma_url is not None:
            token = self.chroma_token.get_secret_value() if self.chroma_token else ""
            chroma = ChromaServer(self.chroma_url, token)
        if self.catalog_url is not None:
            database = Database(self.catalog_url.get_secret_value(), self.catalog_schema)
        return Place(self.index, chroma, database)

    @field_validator("sync_sources", "widget_origins", mode="before")
    @classmethod
    def _parted(cls, given: Any) -> Any:
        return given.split() if isinstance(given, str) else given

    @field_validator("widget_origins")
    @classmethod
    def _as_browsers_send_them(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(map(origin, given))

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


# Never shown, not even where they do not fit.
_SECRETS = {
    name
    for name, field in Settings.model_fields.items()
    if SecretStr in (field.annotation, *get_args(field.annotation))
}


def load_settings(**arguments: Any) -> Settings:
    """The settings of this run; arguments that are None count as not given.

    Raises:
        ConfigError: A name is unknown, a value is out of its range, or the file is not TOML.
    """
    _refuse_unknown_environment()
    given = {name: value for name, value in arguments.items() if value is not None}
    try:
        settings = Settings(**given)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"]) or "settings"
        if first["type"] == "extra_forbidden":
            raise _unknown(name) from error
        given_value = "…" if name in _SECRETS else repr(first.get("input"))
        raise ConfigError(
            f"The setting {name} = {given_value} does not fit: {first['msg']}.",
            hint="docs/settings.md lists every setting with its range.",
        ) from error
    except ValueError as error:  # tomllib's own
        raise ConfigError(
            f"{_FILE} is not valid TOML: {error}.", hint="Mend the file or move it away."
        ) from error
    _require_fitting(settings)
    return settings


def _require_fitting(settings: Settings) -> None:
    if settings.catalog_url is None:
        return
    if not settings.catalog_url.get_secret_value().startswith(("postgresql://", "postgres://")):
        raise ConfigError(
            "catalog_url is no address of a PostgreSQL database.",
            hint='Give it as "postgresql://user@host/name"; docs/scaling.md says more.',
        )
    if settings.chroma_url is None:
        raise ConfigError(
            "catalog_url is set, and chroma_url is not.",
            hint="Set chroma_url too: other machines do not see a search index in a folder.",
        )


def _refuse_unknown_environment() -> None:
    # pydantic-settings refuses unknown names in the file and as arguments, but not here.
    known = {_PREFIX + name.upper() for name in Settings.model_fields} | _NOT_SETTINGS
    for name in os.environ:  # noqa: TID251 - this file is the one that may
        if name.upper().startswith(_PREFIX) and name.upper() not in known:
            raise _unknown(name)


def _unknown(name: str) -> ConfigError:
    return ConfigError(f"There is no setting {name}.", hint="docs/settings.md lists every setting.")
