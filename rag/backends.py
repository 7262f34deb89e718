"""Names in the settings to objects; imports what was chosen and nothing else."""

from __future__ import annotations

import os
from contextlib import closing
from dataclasses import replace
from typing import Any

from rag.calibration import Calibration
from rag.catalog.catalog import Catalog
from rag.chat.spend import DailySpend
from rag.checking.judge import EstimatingJudge, Judge, ReadsClaims
from rag.embedding.embedder import BUNDLED_ID, Embedder, HashEmbedder, ModelId
from rag.errors import ConfigError, ModelUnavailable
from rag.index.index import Index
from rag.pipeline import Writer
from rag.reading.reader import Reader, Reranker
from rag.settings import BUNDLED_MODEL, Settings
from rag.understanding.condensing import Condenser
from rag.writing.quotes import QuoteWriter

_JUDGING = 20.0  # seconds that a chat model may take to judge one claim
_CONDENSING = 10.0  # seconds that a chat model may take to say a question by itself


def load_embedder(settings: Settings) -> Embedder:
    """The embedding model that the settings name.

    Raises:
        ModelUnavailable: It cannot be loaded.
    """
    if settings.embedding_model == "hash":
        return HashEmbedder()
    if settings.embedding_backend == "numpy":
        return _numpy_embedder(settings)
    bundled = settings.embedding_model == BUNDLED_MODEL
    _be_quiet(offline=bundled)
    if bundled and _on_processor(settings):
        from rag.embedding.on_cores import CoresEmbedder

        return CoresEmbedder(
            precision=settings.embedding_precision, batch_tokens=settings.embedding_batch_tokens
        )
    from rag.embedding.with_torch import ModelEmbedder

    return ModelEmbedder(
        settings.embedding_model,
        device=settings.embedding_device,
        precision=settings.embedding_precision,
        batch_tokens=settings.embedding_batch_tokens,
    )


def _on_processor(settings: Settings) -> bool:
    if settings.embedding_device != "auto":
        return settings.embedding_device == "cpu"
    from rag.embedding.cores import has_accelerator

    return not has_accelerator()


def _numpy_embedder(settings: Settings) -> Embedder:
    _be_quiet(offline=True)
    unfit = _not_for_numpy(settings)
    if unfit:
        raise ModelUnavailable(
            f"NumPy does not run {unfit}.",
            hint='Set embedding_backend = "auto", or take what NumPy runs: the bundled model, on a'
            " processor, in float32.",
        )
    from rag.embedding.with_numpy import NumpyEmbedder

    return NumpyEmbedder()


def _not_for_numpy(settings: Settings) -> str:
    """What NumPy cannot do of what the settings wish; empty where it can do all of it."""
    if settings.embedding_model != BUNDLED_MODEL:
        return f"the embedding model {settings.embedding_model!r}"
    if settings.embedding_device not in ("auto", "cpu"):
        return f"on {settings.embedding_device!r}"
    if settings.embedding_precision not in ("auto", "float32"):
        return f"in {settings.embedding_precision}"
    return ""


def for_one_question(settings: Settings) -> Settings:
    """With what starts quickest where the settings leave it open.

    A process that answers one question and ends would wait for torch ten times as long as for the
    answer.
    """
    if settings.embedding_backend != "auto" or _not_for_numpy(settings):
        return settings
    return settings.model_copy(update={"embedding_backend": "numpy"})


def model_id(settings: Settings) -> ModelId:
    """Which model the settings name; the bundled one is known without loading it.

    Its precision is "auto" where neither the settings say it nor the model is loaded.

    Raises:
        ModelUnavailable: It cannot be loaded.
    """
    if settings.embedding_model == BUNDLED_MODEL:
        return replace(BUNDLED_ID, precision=settings.embedding_precision)
    return load_embedder(settings).id


def as_indexed(settings: Settings) -> Settings:
    """With the precision of the index's vectors where the settings leave it open.

    What is added to an index is then made like the rest of it, on whatever machine.

    Raises:
        IndexMismatch, IndexDamaged: There is an index that cannot be read.
    """
    if settings.embedding_precision != "auto" or not Catalog.exists(settings.place):
        return settings
    with closing(Index(settings.place)) as index:
        if not index.model:
            return settings
        return settings.model_copy(update={"embedding_precision": index.model_id.precision})


def load_reader(settings: Settings, calibration: Calibration) -> Reader | None:
    """The bundled reader; None where nothing is to be read, or nothing was fitted for it.

    Raises:
        ModelUnavailable: It cannot be loaded.
    """
    if not settings.read_passages or calibration.read is None or not calibration.fitted:
        return None
    if settings.embedding_backend == "numpy":
        from rag.reading.with_numpy import NumpyReader

        return NumpyReader()
    from rag.reading.with_torch import ModelReader

    return ModelReader()


def load_writer(settings: Settings, calibration: Calibration, *, read: bool = False) -> Writer:
    """Quotes, or the chat model that the settings name.

    Args:
        settings: All of them.
        calibration: What was fitted for the embedding model.
        read: Whether a reader reads the best passages.

    Raises:
        ModelUnavailable: The model's package or key is missing, or its name is unknown.
    """
    _, share = calibration.thresholds(read=read)
    own = calibration.read if read else None
    # Rules are for where no reader says which words answer.
    by_rules = own is None or own.min_short is None
    near = own.min_share_near if own else None
    quotes = QuoteWriter(share, settings.answer_sentences, by_rules=by_rules, share_near=near)
    if settings.chat_model is None:
        return quotes
    from langchain.chat_models import init_chat_model

    from rag.chat.room import CONTEXT_TOKENS
    from rag.chat.trouble import unusable
    from rag.writing.with_chat import ChatWriter

    given: dict[str, Any] = {"base_url": settings.chat_base_url} if settings.chat_base_url else {}
    given["timeout"] = settings.chat_timeout
    try:
        model = init_chat_model(settings.chat_model, temperature=0, **given)
        if (model.profile or {}).get("temperature") is False:  # it refuses requests with one
            model = init_chat_model(settings.chat_model, **given)
    # Each provider's package has errors of its own, some of them plain exceptions.
    except Exception as error:
        raise unusable(error, settings.chat_model) from error
    known = (model.profile or {}).get("max_input_tokens")
    return ChatWriter(
        model,
        settings.chat_model,
        settings.chat_sections,
        seconds=settings.chat_timeout,
        instead=quotes if settings.chat_fallback else None,
        context_tokens=settings.chat_context_tokens or known or CONTEXT_TOKENS,
        instructions=settings.chat_instructions,
        meter=_meter(settings),
    )


def _meter(settings: Settings) -> DailySpend | None:
    if settings.chat_daily_tokens is None:
        return None
    return DailySpend(settings.index, settings.chat_daily_tokens)


def load_condenser(writer: Writer) -> Condenser | None:
    """Who says a question by itself: the chat model that writes, where one does."""
    if isinstance(writer, QuoteWriter):  # so that nothing of LangChain is loaded for it
        return None
    from rag.chat.condense import ChatCondenser
    from rag.writing.with_chat import ChatWriter

    if not isinstance(writer, ChatWriter):
        return None
    seconds = min(writer.seconds, _CONDENSING)
    return ChatCondenser(writer.model, writer.name, seconds, writer.meter, writer.context_tokens)


def load_reranker(settings: Settings) -> Reranker | None:
    """The cross-encoder that orders the hits anew; None where the settings name none.

    Raises:
        ModelUnavailable: It cannot be loaded, or does not rank.
    """
    if settings.rerank_model is None:
        return None
    _be_quiet(offline=False)
    from rag.reading.rerank import load_reranker as load

    return load(settings.rerank_model, device=settings.embedding_device)


def load_judge(
    settings: Settings, index: Index, embedder: Embedder, calibration: Calibration, writer: Writer
) -> tuple[Judge, float]:
    """Who scores the sentences of a chat model, and from which score on one is shown.

    Raises:
        ModelUnavailable: It cannot be loaded, or does not tell support.
        ConfigError: The chat model is to judge, and there is none.
    """
    if settings.judge_model:
        return _named_judge(settings.judge_model, settings, writer)
    own = calibration.read_support
    if own is None or not calibration.fitted:
        judge = EstimatingJudge(embedder, index.token_weights, calibration.support)
        return judge, calibration.min_support
    reader = _claim_reader(settings)
    return EstimatingJudge(embedder, index.token_weights, own.support, reader), own.min_support


def _claim_reader(settings: Settings) -> ReadsClaims:
    """The network that `python -m eval.fit.judge` trains, where something was fitted to it."""
    if settings.embedding_backend == "numpy":
        from rag.checking.with_numpy import NumpyClaimReader

        return NumpyClaimReader()
    from rag.checking.with_torch import ClaimReader

    return ClaimReader()


def _named_judge(name: str, settings: Settings, writer: Writer) -> tuple[Judge, float]:
    _be_quiet(offline=False)
    from rag.checking.by_name import UNDECIDED, ChatJudge, load_cross_encoder_judge

    if name != "chat":
        return load_cross_encoder_judge(name, device=settings.embedding_device), UNDECIDED
    from rag.writing.with_chat import ChatWriter

    if not isinstance(writer, ChatWriter):
        raise ConfigError(
            "The chat model is to judge, and no chat model is set.",
            hint='Set chat_model, or judge_model to something else than "chat".',
        )
    seconds = min(writer.seconds, _JUDGING)
    return ChatJudge(writer.model, writer.name, seconds, writer.meter), UNDECIDED


def _be_quiet(*, offline: bool) -> None:
    """Say what the model's libraries ask the environment for, where the user has not."""
    wishes = {"TOKENIZERS_PARALLELISM": "false", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
    if offline:
        wishes["HF_HUB_OFFLINE"] = "1"
    for name, value in wishes.items():
        os.environ.setdefault(name, value)  # noqa: TID251 - set for others, not read
