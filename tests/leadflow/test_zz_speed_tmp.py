import time, cProfile, pstats
from datetime import datetime, timedelta, UTC
import pytest
from leadflow.demo import loading
from leads.capture import capture_leads
from leads.models import *
from sla.sweep import sweep
NOW = datetime(2027, 3, 17, 15, 20, tzinfo=UTC)

@pytest.mark.django_db
def test_speed():
    c = loading.load(at=NOW, leads=0)
    maya = c.users["maya"]
    t=time.perf_counter()
    at=NOW-timedelta(days=20)
    for i in range(200):
        at+=timedelta(minutes=1)
        capture_leads([{"email":f"a{i}@b{i}.example","first_name":"A","last_name":f"N{i}","country":"US","campaign":"maintenance-guide","touchpoint":"page_view","path":"/x"}]*3, by=maya, at=at)
    print("plain", (time.perf_counter()-t)/200*1000,"ms")
    pr=cProfile.Profile()
    t=time.perf_counter()
    from django.db import connection
    from django.test.utils import CaptureQueriesContext
    hs=[]
    for i in range(200):
        at+=timedelta(minutes=1)
        r=capture_leads([{"email":f"c{i}@b{i}.example","first_name":"A","last_name":f"N{i}","country":"US","phone":"+1 212 555 0123","campaign":"maintenance-guide","extra":{"interest":"back pain"},"touchpoint":k,"path":"/x"} for k in("page_view","form","event")], by=maya, at=at)
        hs.append(r[0].handoff)
    print("mql", (time.perf_counter()-t)/200*1000,"ms", hs[0])
    hs=[h for h in hs if h.owner_id]
    print(len(hs))
    from leads.activities import log_touch
    from leads.qualification import qualify, open_deal
    for name, fn in [("accept", lambda h: h.accept(h.owner, at=at)),("touch", lambda h: log_touch(h.lead,"call",by=h.owner,at=at,outcome="connected")),("qualify", lambda h: qualify(h.lead,by=h.owner,at=at))]:
        t=time.perf_counter()
        for h in hs: 
            at+=timedelta(seconds=1)
            fn(h)
        print(name,(time.perf_counter()-t)/len(hs)*1000,"ms")
    with CaptureQueriesContext(connection) as q:
        r=capture_leads([{"email":f"zc{i}@b{i}.example","first_name":"A","last_name":f"N{i}","country":"US","phone":"+1 212 555 0123","campaign":"maintenance-guide","extra":{"interest":"back pain"},"touchpoint":k,"path":"/x"} for k in("page_view","form","event")], by=maya, at=at)
    for x in q.captured_queries: print(x["time"], x["sql"][:150])
    h=r[0].handoff
    with CaptureQueriesContext(connection) as q:
        h.accept(h.owner, at=at)
    print("ACCEPT")
    for x in q.captured_queries: print(x["time"], x["sql"][:150])
    t=time.perf_counter()
    for i in range(100):
        at+=timedelta(seconds=30); sweep(at=at)
    print("sweep",(time.perf_counter()-t)/100*1000)
