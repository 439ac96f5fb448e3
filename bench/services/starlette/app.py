"""The catalogue over HTTP."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from work import UnluckyError, work

PAGE = 20
PRODUCTS = [
    {"id": number, "name": f"Product {number}", "price_cents": 100 + number * 37 % 9_900}
    for number in range(1, 1_001)
]


async def health(_: Request) -> JSONResponse:
    return JSONResponse({"status": "ok"})


async def page(request: Request) -> JSONResponse:
    number = int(request.query_params.get("page", "1"))
    work("list", number)
    return JSONResponse({"page": number, "products": PRODUCTS[PAGE * (number - 1) : PAGE * number]})


async def product(request: Request) -> JSONResponse:
    number = request.path_params["number"]
    work("item", number)
    if not 1 <= number <= len(PRODUCTS):
        return JSONResponse({"error": f"there is no product {number}"}, 404)
    return JSONResponse(PRODUCTS[number - 1])


async def search(request: Request) -> JSONResponse:
    text = request.query_params.get("q", "")
    work("search", int(text) if text.isdecimal() else 0)
    found = [each for each in PRODUCTS if text in each["name"]]
    return JSONResponse({"found": len(found), "products": sorted(found, key=_rank)[:PAGE]})


async def create(request: Request) -> JSONResponse:
    order = await request.json()
    number, quantity = int(order["product"]), int(order["quantity"])
    work("create", number)
    return JSONResponse({"total_cents": PRODUCTS[number - 1]["price_cents"] * quantity}, 201)


async def unlucky(_request: Request, _error: Exception) -> JSONResponse:
    return JSONResponse({"error": "that went wrong, try again"}, 500)


def _rank(found: dict[str, int]) -> int:
    return found["price_cents"]


app = Starlette(
    routes=[
        Route("/health", health),
        Route("/products", page),
        Route("/products/{number:int}", product),
        Route("/search", search),
        Route("/orders", create, methods=["POST"]),
    ],
    exception_handlers={UnluckyError: unlucky},
)
