# One image, one target for each stage, so that each installs only its own extra:
#   docker build --target detector -t moodline-detector .

FROM python:3.11-slim AS base
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /app
RUN useradd --create-home --uid 10001 moodline && mkdir -p /app/.moodline && chown moodline /app/.moodline
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY common common
COPY ingest ingest
COPY detector detector
COPY classifier classifier
COPY sink sink
COPY moodline moodline
ENTRYPOINT ["moodline", "worker"]

FROM base AS ingest
RUN pip install -c constraints.txt -e ".[ingest]"
USER moodline
CMD ["ingest"]

FROM base AS detector
RUN apt-get update && apt-get install --no-install-recommends -y libgl1 libegl1 libgles2 libglib2.0-0 \
    && rm -rf /var/lib/apt/lists/*
RUN pip install -c constraints.txt -e ".[detector]" && moodline models fetch
USER moodline
CMD ["detector"]

FROM base AS classifier
RUN pip install -c constraints.txt -e ".[classifier]"
USER moodline
CMD ["classifier"]

FROM base AS sink
RUN pip install -c constraints.txt -e ".[sink]"
USER moodline
CMD ["sink"]
