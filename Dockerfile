# The dashboard as an unprivileged user; docs/operations.md says how to run it and the readings beside it.
FROM python:3.11-slim

RUN useradd --uid 10001 --create-home deai
WORKDIR /srv/deai-observatory
COPY requirements.txt .
RUN pip install --no-cache-dir --require-hashes -r requirements.txt
COPY . .
RUN install -d -o deai -g deai /srv/data

USER deai
ENV DEAI_DATA=/srv/data \
    STREAMLIT_SERVER_ADDRESS=0.0.0.0
VOLUME /srv/data
EXPOSE 8501

# Unknown addresses answer 200 too, so the body is compared. The first start reads the chains before it serves.
HEALTHCHECK --interval=30s --timeout=5s --start-period=15m CMD ["python", "-c", "\
import sys, urllib.request as web; \
sys.exit(web.urlopen('http://127.0.0.1:8501/_stcore/health', timeout=4).read() != b'ok')"]

CMD ["python", "-m", "ingest", "serve"]
