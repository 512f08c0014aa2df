// The peer of the figure checkout_vendure: Vendure's default configuration with PostgreSQL, no plugin, no tax, flat shipping
// and a payment method that settles at once. Usage: node server.js PORT DSN [fill]; `fill` creates the tables and products.
const {
    bootstrap, DefaultLogger, LanguageCode, LogLevel, PaymentMethodHandler, ProductService, ProductVariantService,
    RequestContextService,
} = require('@vendure/core');
const { populateInitialData } = require('@vendure/core/cli');

const [port, dsn, mode] = process.argv.slice(2);
const PRODUCTS = 1200;

const settleAtOnce = new PaymentMethodHandler({
    code: 'settles-at-once',
    description: [{ languageCode: LanguageCode.en, value: 'Settles at once' }],
    args: {},
    createPayment: (_ctx, _order, amount) => ({ amount, state: 'Settled', transactionId: 'none' }),
    settlePayment: () => ({ success: true }),
});

const config = {
    apiOptions: { port: Number(port), adminApiPath: 'admin-api', shopApiPath: 'shop-api' },
    authOptions: { tokenMethod: ['bearer'], requireVerification: false },
    dbConnectionOptions: { type: 'postgres', url: dsn, synchronize: mode === 'fill', logging: false, poolSize: 20 },
    paymentOptions: { paymentMethodHandlers: [settleAtOnce] },
    logger: new DefaultLogger({ level: LogLevel.Error }),
};

const initialData = {
    defaultLanguage: LanguageCode.en,
    defaultZone: 'Asia',
    countries: [{ name: 'China', code: 'CN', zone: 'Asia' }],
    taxRates: [{ name: 'None', percentage: 0 }],
    shippingMethods: [{ name: 'Standard', price: 500 }],
    paymentMethods: [{ name: 'Settles at once', handler: { code: settleAtOnce.code, arguments: [] } }],
    collections: [],
};

async function fill(app) {
    await populateInitialData(app, initialData);
    const ctx = await app.get(RequestContextService).create({ apiType: 'admin' });
    const languageCode = LanguageCode.en;
    for (let n = 0; n < PRODUCTS; n++) {
        const name = `Product ${n}`;
        const product = await app.get(ProductService).create(ctx, {
            enabled: true,
            translations: [{ languageCode, name, slug: `product-${n}`, description: 'A product of a village.' }],
        });
        await app.get(ProductVariantService).create(ctx, [{
            productId: product.id, sku: `P${n}`, price: 1000 + n, stockOnHand: 1000000,
            translations: [{ languageCode, name }],
        }]);
    }
}

async function main() {
    const app = await bootstrap(config);
    if (mode === 'fill') {
        await fill(app);
    }
    process.stdout.write(mode === 'fill' ? 'filled\n' : 'ready\n');
}

main().catch(error => {
    process.stderr.write(`${error.stack}\n`);
    process.exit(1);
});
